import type { Position } from '../base/error.js';
import { parseJson } from './json/json-text.js';

/** A file of JSON that pointers are about. */
export interface SourceFile {
  readonly file: string;
  /** Where the value that a JSON pointer names begins; for one that isn't there, where the nearest one around it begins. */
  positionOf(pointer: string): Position | undefined;
}

/** The places in a text that was parsed before: it is parsed again, when one is asked for. */
export function sourceFile(text: string, file: string): SourceFile {
  return { file, positionOf: (pointer) => parseJson(text).positionOf(pointer) };
}

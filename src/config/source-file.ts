/** Where in a file the fields are that messages are about. */
import type { Position } from '../base/error.js';
import { parseJson } from './json/json-text.js';

/** A JSON file and the places of its values. */
export interface SourceFile {
  /** The file's name, as messages show it. */
  readonly file: string;
  /** Where the value that a JSON pointer names begins. If it isn't there: where the smallest value around it begins. */
  positionOf(pointer: string): Position | undefined;
}

/** The SourceFile of a text that could be parsed before. It is parsed again each time a place is asked for. */
export function sourceFile(text: string, file: string): SourceFile {
  return { file, positionOf: (pointer) => parseJson(text).positionOf(pointer) };
}

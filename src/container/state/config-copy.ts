import { TsruncError } from '../../base/error.js';
import { dropNulls } from '../../config/json/drop-nulls.js';
import { parseJson } from '../../config/json/json-text.js';
import { writeJson } from '../../config/json/json-write.js';
import type { Spec } from '../../config/spec.js';
import type { Runtime } from '../runtime.js';
import { CONFIG_FILE, stateFolder } from './paths.js';
import { readConfigCopy } from './state-store.js';

/**
 * The configuration that the container was made from, from the copy in its state folder: what the bundle holds now has no
 * effect any more (runtime-spec, "Operations"). It was checked when the copy was made.
 */
export function readSpecCopy(rt: Runtime, id: string): Spec {
  try {
    const text = readConfigCopy(rt, id);
    const { value } = parseJson(text);
    dropNulls(text, value, 'config');
    return value as Spec;
  } catch (error) {
    if (error instanceof TsruncError) throw error;
    const path = `${stateFolder(rt, id)}/${CONFIG_FILE}`;
    throw new TsruncError('state', `container ${id}: ${path} is damaged: ${(error as Error).message}`, { path });
  }
}

/** Puts the changed configuration (`update`) in place of the copy: what the bundle holds stays as it is. */
export function writeSpecCopy(rt: Runtime, id: string, spec: Spec): void {
  rt.native.writeAtomic(`${stateFolder(rt, id)}/${CONFIG_FILE}`, writeJson(spec), 0o600);
}

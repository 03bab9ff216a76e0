/** Reads and writes the copy of the configuration in the state directory. */
import { TsruncError } from '../../base/error.js';
import { dropNulls } from '../../config/json/drop-nulls.js';
import { parseJson } from '../../config/json/json-text.js';
import { writeJson } from '../../config/json/json-write.js';
import type { Spec } from '../../config/spec.js';
import type { Runtime } from '../runtime.js';
import { CONFIG_FILE, stateDirectory } from './paths.js';
import { readConfigCopy } from './state-store.js';

/**
 * Reads the configuration that the container was made from. Later changes in the bundle have no effect (runtime.md,
 * "Operations"). It isn't checked again, as it was checked before the copy was made.
 * @throws TsruncError 'state' if the copy is damaged, 'system' if it can't be read
 */
export function readSpecCopy(rt: Runtime, id: string): Spec {
  try {
    const text = readConfigCopy(rt, id);
    const { value } = parseJson(text);
    dropNulls(text, value, 'config');
    return value as Spec;
  } catch (error) {
    if (error instanceof TsruncError) throw error;
    const path = `${stateDirectory(rt, id)}/${CONFIG_FILE}`;
    throw new TsruncError('state', `container ${id}: ${path} is damaged: ${(error as Error).message}`, { path });
  }
}

/** Replaces the copy by the configuration that `update` has changed; the bundle isn't touched. */
export function writeSpecCopy(rt: Runtime, id: string, spec: Spec): void {
  rt.native.writeAtomic(`${stateDirectory(rt, id)}/${CONFIG_FILE}`, writeJson(spec), 0o600);
}

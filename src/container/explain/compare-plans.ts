/** Compares the plan of a bundle with that of another one, or of a container, for `explain --diff`. */
import { TsruncError } from '../../base/error.js';
import { S_IFDIR, S_IFMT } from '../../native/flags.js';
import { explainLines } from '../../plan/explain/explain.js';
import { type DiffSide, type PlanDifference, planDifference } from '../../plan/explain/explain-diff.js';
import { type Explanation, explainBundle } from '../explain-bundle.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { absolutePath, CONFIG_FILE, stateDirectory } from '../state/paths.js';
import { directoryExists, readState } from '../state/state-store.js';

/** Both plans, and their difference. */
export interface Comparison {
  readonly first: DiffSide;
  readonly second: DiffSide;
  readonly difference: PlanDifference;
}

/**
 * Compares the plan of a bundle with another.
 * @param explained the bundle's
 * @param options those that it was explained with; the other plan is made with the same
 * @param other a directory with a bundle, a file of the form of config.json, or the id of a container, whose own copy of its
 * configuration counts; what is both a directory here and an id is the directory
 * @throws TsruncError 'usage' if there is nothing of that name; as explainBundle for its configuration
 */
export function comparePlans(rt: Runtime, explained: Explanation, options: CreateOptions, other: string): Comparison {
  const first = sideOf(explained, explained.bundle.path);
  const found = optionsOf(rt, options, other);
  const second = sideOf(explainBundle(rt, found), other);
  return { first, second, difference: planDifference(first, second) };
}

function sideOf({ spec, plan, bundle }: Explanation, title: string): DiffSide {
  const own = [
    [bundle.rootfs, 'ROOTFS'],
    [bundle.path, 'BUNDLE'],
  ] as const;
  return { title, spec, lines: explainLines(plan), own };
}

function optionsOf(rt: Runtime, options: CreateOptions, other: string): CreateOptions {
  const { configFile: _configFile, ...rest } = options;
  const path = absolutePath(rt, other);
  const stat = rt.native.stat(path, true);
  if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) return { ...rest, bundle: path };
  if (stat !== null) return { ...rest, bundle: options.bundle, configFile: path };
  if (!other.includes('/')) {
    checkContainerId(other);
    if (directoryExists(rt, other)) {
      const { bundle } = readState(rt, other);
      return { ...rest, bundle, configFile: `${stateDirectory(rt, other)}/${CONFIG_FILE}` };
    }
  }
  throw new TsruncError('usage', `--diff ${other}: there is no such directory, file or container`, {
    hint: 'name a bundle, a config.json, or a container of this --root',
  });
}

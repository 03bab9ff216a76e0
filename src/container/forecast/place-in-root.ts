/** Whether what a step needs can be made in the root file system, where that isn't there yet. */
import { TsruncError } from '../../base/error.js';
import { isAtOrBelow } from '../../base/path.js';
import { MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { ContainerPlan, PlannedStep } from '../../plan/plan.js';
import { containerRoot, EXECUTE, isReadonlyMount, may, WRITE } from './host-rights.js';
import { resolveIn } from './resolve-path.js';
import { fails, unknown, type Verdict, WORKS } from './verdict.js';

/** File systems in which directories and files can be made. */
const writable = ['tmpfs', 'ramfs'];

/** The root file system on the host, and the plan of what is mounted over it. */
export interface RootPlan {
  readonly native: Native;
  readonly plan: ContainerPlan;
  readonly rootfs: string;
}

/** The last mount before a step that its path is in. */
function coverOf({ plan }: RootPlan, path: string, before: PlannedStep) {
  let cover: Extract<PlannedStep, { step: 'mount-fs' | 'mount-bind' }> | undefined;
  for (const step of plan.steps) {
    if (step === before) break;
    if ((step.step === 'mount-fs' || step.step === 'mount-bind') && isAtOrBelow(path, step.target)) cover = step;
  }
  return cover;
}

/**
 * What is foretold of a path that a step needs: that it is there, or can be made by root of the container.
 * @param path absolute, in the container
 */
export function placeFor(root: RootPlan, path: string, step: PlannedStep): Verdict {
  const cover = coverOf(root, path, step);
  if (cover === undefined) return placeOnHost(root, root.rootfs, path);
  const below = path.slice(cover.target === '/' ? 0 : cover.target.length);
  if (below === '') return WORKS;
  if (cover.step === 'mount-fs') {
    const closed = (cover.attributes & BigInt(MOUNT_ATTR_RDONLY)) !== 0n;
    if (writable.includes(cover.type)) return closed ? fails(`${cover.target} is mounted read-only`) : WORKS;
    // Of these every instance has what ours has.
    const own = { sysfs: '/sys', proc: '/proc' }[cover.type];
    if (own !== undefined && root.native.stat(own + below, true) !== null) return WORKS;
    return unknown(`it may be missing in what is mounted at ${cover.target}`);
  }
  return placeOnHost(root, cover.source, below, (cover.setAttributes & BigInt(MOUNT_ATTR_RDONLY)) !== 0n, cover.target);
}

function placeOnHost(
  root: RootPlan,
  base: string,
  path: string,
  closed = false,
  target = 'the root file system',
): Verdict {
  const { native, plan } = root;
  try {
    const found = resolveIn(native, base, path);
    if (found.stat !== null) return WORKS;
    const directory = `${base}${found.path === '/' ? '' : found.path}`;
    const missing = `${path} is missing in ${target}`;
    if (found.notDirectory) return fails(`${missing}, and ${found.path} is no directory`);
    const real = native.realPath(directory);
    if (closed || isReadonlyMount(native, real)) return fails(`${missing}, and can't be made: it is read-only`);
    const stat = native.stat(real, true);
    if (stat === null || !may(containerRoot(native, plan), stat, WRITE | EXECUTE))
      return fails(`${missing}, and root of the container may not make it`);
    return WORKS;
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return unknown(error.message);
  }
}

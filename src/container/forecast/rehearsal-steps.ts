/**
 * Makes of a plan what can be tried without a trace: the same steps, in namespaces that are thrown away, with everything that
 * could be written to made read-only. A pure function but for the checks of what is not tried.
 */
import { isAtOrBelow } from '../../base/path.js';
import { sysctlNamespace } from '../../config/checks/check-sysctl.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import { CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { type HostFacts, isHostRoot } from '../../plan/host-facts.js';
import type { ContainerPlan, PlannedStep } from '../../plan/plan.js';
import type { Step } from '../../plan/steps/generated/steps.js';
import { SyncEvent } from '../../plan/steps/protocol.js';
import { NO_SLOT } from '../../plan/steps/step-table.js';
import { canBeTried, foretellMount, isOwnInstance } from './file-systems.js';
import { existingAbove } from './resolve-path.js';
import { unknown, type Verdict, type Verdicts, WORKS } from './verdict.js';

/** A step to try, and the step of the plan that it stands for; none if it only makes the trial safe. */
export interface Trial {
  readonly step: Step;
  readonly of?: PlannedStep;
}

/** A place at which a mount is missing in the trial, because it wasn't tried. */
export interface Untried {
  readonly target: string;
  readonly verdict: Verdict;
}

/** The trial of a plan, and what is not tried. */
export interface Rehearsal {
  readonly trials: Trial[];
  readonly untried: Untried[];
  /** Namespaces of others are entered, whose processes may look at the trial's. */
  readonly joins: boolean;
}

/** What the steps need to know about the container. */
interface Scene {
  readonly native: Native;
  readonly plan: ContainerPlan;
  readonly facts: HostFacts;
  /** CLONE_NEW* of the namespaces that the trial makes. */
  readonly made: number;
  readonly joins: boolean;
}

const RDONLY = BigInt(MOUNT_ATTR_RDONLY);

function namespacesMade({ cloneFlags, steps }: ContainerPlan): number {
  return steps.reduce((made, step) => (step.step === 'unshare' ? made | step.flags : made), cloneFlags);
}

/**
 * Makes the trial of a plan. What is not tried gets its verdict here, except what the runtime does (src/container/forecast).
 */
export function rehearsalOf(native: Native, plan: ContainerPlan, facts: HostFacts, verdicts: Verdicts): Rehearsal {
  const joins = plan.steps.some(({ step }) => step === 'join-namespace');
  const scene: Scene = { native, plan, facts, made: namespacesMade(plan), joins };
  const trials: Trial[] = [];
  const untried: Untried[] = [];
  let isPrivate = false;
  const keepPrivate = () => {
    if (isPrivate) return;
    isPrivate = true;
    // Mounts of the trial must reach nobody: neither those whose mount namespace is joined nor, by propagation, the host.
    if ((scene.made & CLONE_NEWNS) === 0) trials.push({ step: { step: 'unshare', flags: CLONE_NEWNS } });
    trials.push({ step: { step: 'tree-propagation', flags: BigInt(MS_REC | MS_PRIVATE) } });
  };
  for (const of of plan.steps) {
    if (of.step === 'ready') break;
    if (of.step === 'tree-propagation') {
      keepPrivate();
      verdicts.set(of, WORKS);
      continue;
    }
    if (of.step === 'open-root') keepPrivate();
    const step = trialOf(scene, of);
    if (step !== undefined && !('outcome' in step)) trials.push({ step, of });
    else if (step !== undefined) {
      verdicts.set(of, step);
      if (of.step === 'mount-fs') untried.push({ target: of.target, verdict: step });
    }
    if (of.step === 'open-root') trials.push({ step: readonlyRoot });
  }
  return { trials, untried, joins };
}

/** Makes everything below the root read-only, so that nothing can be made there. */
const readonlyRoot: Step = {
  step: 'mount-attributes',
  mount: NO_SLOT,
  target: '/',
  setAttributes: RDONLY,
  clearAttributes: 0n,
  recursive: 1,
};

/** What is tried for a step; a verdict instead if it isn't tried, and undefined if its verdict comes from elsewhere. */
function trialOf(scene: Scene, step: PlannedStep): Step | Verdict | undefined {
  const { native, plan, facts, made, joins } = scene;
  switch (step.step) {
    case 'join-cgroup':
    case 'hook':
    case 'seccomp':
      return undefined;
    case 'dumpable':
      // A process that may not be looked at can't be asked for its root (see rehearse.ts).
      return joins ? step : WORKS;
    case 'sync':
      if (step.event === SyncEvent.mapIds) return step;
      return step.event === SyncEvent.createRuntime ? WORKS : undefined;
    case 'mount-fs':
      // What is in the kernel's single instances is everybody's: nothing may be made in them. Nor is anything copied.
      if (canBeTried(step, facts, (made & CLONE_NEWPID) !== 0))
        return { ...step, copyUp: 0, attributes: isOwnInstance(step) ? step.attributes : step.attributes | RDONLY };
      return foretellMount(native, step, facts, plan);
    case 'mount-bind':
      return {
        ...step,
        source: existingSource(scene, step.source),
        setAttributes: step.setAttributes | RDONLY,
        clearAttributes: step.clearAttributes & ~RDONLY,
        recursiveSet: step.recursive ? step.recursiveSet | RDONLY : step.recursiveSet,
        recursiveClear: step.recursiveClear & ~RDONLY,
      };
    case 'clone-tree':
      return { ...step, source: existingSource(scene, step.source) };
    case 'mount-attributes':
      return { ...step, clearAttributes: step.clearAttributes & ~RDONLY };
    case 'mount-reconfigure':
      return step.mount === NO_SLOT ? unknown('it changes a file system that others may use') : WORKS;
    case 'hostname':
    case 'domainname':
      return (made & CLONE_NEWUTS) !== 0 ? step : inJoined(scene);
    case 'sysctl': {
      const type = sysctlNamespace(step.path);
      if (type !== undefined && (made & namespaceTypes[type].flag) !== 0) return step;
      if (native.stat(`/proc/sys/${step.path}`, true) === null) return unknown('the runtime sees no such parameter');
      return inJoined(scene);
    }
    default:
      return step;
  }
}

/** A change in a namespace of others is not tried. */
function inJoined({ facts }: Scene): Verdict {
  return isHostRoot(facts) ? WORKS : unknown('it changes a namespace that others use');
}

/** The container's own cgroup doesn't exist yet: the directory that it will be made in stands for it. */
function existingSource({ native, plan }: Scene, source: string): string {
  if (!Object.values(plan.cgroup.paths).some((path) => isAtOrBelow(source, path))) return source;
  return existingAbove(native, source);
}

/** The path in the container that a step is about; undefined for a step that is about none. */
export function pathOf(step: Step): string | undefined {
  switch (step.step) {
    case 'mount-fs':
    case 'mount-bind':
    case 'mount-attributes':
    case 'mount-propagation':
    case 'mount-reconfigure':
    case 'unmount':
      return step.target;
    case 'device-node':
    case 'device-bind':
    case 'symlink':
    case 'make-directory':
    case 'mask-path':
    case 'readonly-path':
    case 'cwd':
      return step.path;
    case 'clone-in-root':
      return step.source;
    case 'console':
      return '/dev/pts';
    case 'reopen-null':
      return '/dev/null';
    default:
      return undefined;
  }
}

/** The slots that a step fills, and those that it takes. */
export function slotsOf(step: Step): { fills: number[]; takes: number[] } {
  const real = (...slots: number[]) => slots.filter((slot) => slot !== NO_SLOT);
  switch (step.step) {
    case 'clone-tree':
    case 'clone-in-root':
    case 'device-directory':
      return { fills: [step.slot], takes: [] };
    case 'device-ahead':
      return { fills: [step.slot], takes: [step.directory] };
    case 'idmap-tree':
      return { fills: [], takes: [step.tree] };
    case 'mount-fs':
      return { fills: real(step.keep), takes: [] };
    case 'mount-bind':
      return { fills: real(step.keep), takes: real(step.tree) };
    case 'device-bind':
      return { fills: [], takes: real(step.tree) };
    case 'mount-attributes':
    case 'mount-reconfigure':
    case 'mount-propagation':
      return { fills: [], takes: real(step.mount) };
    case 'open-root':
      return { fills: [], takes: real(step.tree) };
    default:
      return { fills: [], takes: [] };
  }
}

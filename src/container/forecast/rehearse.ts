/**
 * Tries the steps of a plan in a process of their own that ends before it would execute the program. What it makes are namespaces,
 * mounts and settings of that process, which go with it; all that lies on a disk is read-only for it.
 */
import { ENOENT, EROFS } from '../../base/errno.js';
import { TsruncError } from '../../base/error.js';
import { isAtOrBelow } from '../../base/path.js';
import { O_PATH } from '../../native/flags.js';
import type { HostFacts } from '../../plan/host-facts.js';
import type { ContainerPlan, PlannedStep, SlotSource } from '../../plan/plan.js';
import type { Step } from '../../plan/steps/generated/steps.js';
import { NO_SLOT } from '../../plan/steps/step-table.js';
import { writeIdMaps } from '../creation/id-maps.js';
import { noFds } from '../exec/preserved-fds.js';
import { InitProcess } from '../init/init-process.js';
import { InitSpawn } from '../init/init-spawn.js';
import { openSlots } from '../init/open-slots.js';
import { failedField } from '../init/step-error.js';
import type { Runtime } from '../runtime.js';
import { placeFor, type RootPlan } from './place-in-root.js';
import { pathOf, type Rehearsal, rehearsalOf, slotsOf, type Trial, type Untried } from './rehearsal-steps.js';
import { fails, unknown, type Verdict, type Verdicts, WORKS } from './verdict.js';

/** More mistakes than that aren't looked for. */
const MOST_FAILURES = 64;

/** The rehearsal of a container. */
export interface RehearsalRequest {
  readonly plan: ContainerPlan;
  readonly facts: HostFacts;
  /** Absolute path of the root file system on the host. */
  readonly rootfs: string;
  readonly verdicts: Verdicts;
  /**
   * Called with the container's root as the trial sees it: a path by which the runtime gets there, and the places that are missing
   * in it.
   */
  look(root: string, untried: readonly Untried[]): void;
}

/** Where a trial failed: at one of the steps, at the spawn, or at the id maps. */
interface Failure {
  readonly at: Trial | 'spawn';
  readonly error: TsruncError;
}

/** Tries a plan, and gives a verdict on each of its steps that can be tried. */
export function rehearse(rt: Runtime, request: RehearsalRequest): void {
  const { plan, facts, verdicts } = request;
  const rehearsal = rehearsalOf(rt.native, plan, facts, verdicts);
  const slots = openTrialSlots(rt, plan, verdicts);
  try {
    if (slots === undefined) giveUp(rehearsal.trials, verdicts, 'its namespaces could not be opened');
    else new Rehearsing(rt, request, rehearsal, slots).run();
  } finally {
    for (const fd of slots ?? []) rt.native.close(fd);
  }
}

/** Gives what has no verdict the same one: that it can't be known. */
function giveUp(trials: readonly Trial[], verdicts: Verdicts, why: string): void {
  for (const { of } of trials) if (of !== undefined) verdicts.set(of, unknown(`not tried: ${why}`));
}

/** The descriptors of a plan's slots up to the first that belongs to a container that exists; undefined if one can't be opened. */
function openTrialSlots(rt: Runtime, { slots, steps }: ContainerPlan, verdicts: Verdicts): number[] | undefined {
  const opened: number[] = [];
  let failed = false;
  for (const slot of slots) {
    if (slot.kind !== 'namespace' && slot.kind !== 'user-namespace') {
      // The trial doesn't come to the steps that use the others, but the numbers of the slots have to be the same.
      opened.push(rt.native.open('/', O_PATH, 0));
      verdicts.set(slot, WORKS);
      continue;
    }
    try {
      opened.push(...openSlots(rt, { slots: [slot], steps }, { directory: '' }));
      verdicts.set(slot, WORKS);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      verdicts.set(slot, fails(error.message, error.pointer));
      blameJoin(steps, slots, slot, verdicts);
      failed = true;
    }
  }
  if (!failed) return opened;
  for (const fd of opened) rt.native.close(fd);
  return undefined;
}

function blameJoin(steps: readonly PlannedStep[], slots: readonly SlotSource[], slot: SlotSource, verdicts: Verdicts) {
  const number = slots.indexOf(slot);
  for (const step of steps)
    if (step.step === 'join-namespace' && step.descriptor === number)
      verdicts.set(step, unknown('not tried: the namespace could not be opened'));
}

/** Steps without which nothing after them means anything. */
const foundations: readonly Step['step'][] = [
  'unshare',
  'join-namespace',
  'sync',
  'become',
  'fork',
  'tree-propagation',
  'open-root',
  'pivot-root',
  'move-root',
  'chroot',
];

class Rehearsing {
  private trials: Trial[];
  private readonly untried: Untried[];
  /** Mounts whose target is missing: they are tried at another place. */
  private readonly apart: Trial[] = [];
  private readonly root: RootPlan;

  constructor(
    private readonly rt: Runtime,
    private readonly request: RehearsalRequest,
    private readonly rehearsal: Rehearsal,
    private readonly slots: readonly number[],
  ) {
    this.trials = [...rehearsal.trials];
    this.untried = [...rehearsal.untried];
    this.root = { native: rt.native, plan: request.plan, rootfs: request.rootfs };
  }

  run(): void {
    const { verdicts } = this.request;
    for (let count = 0; count < MOST_FAILURES; count++) {
      const failure = this.attempt(this.trials, (root) => this.request.look(root, this.untried));
      if (failure === undefined) {
        for (const { of } of this.trials) if (of !== undefined) verdicts.set(of, WORKS);
        verdicts.set('spawn', WORKS);
        this.tryApart();
        return;
      }
      if (!this.goOnAfter(failure)) return;
    }
    giveUp(this.trials, verdicts, 'too many others fail');
  }

  /** Judges a failure, and takes the step out. False if the rest can't be tried without it. */
  private goOnAfter({ at, error }: Failure): boolean {
    const { verdicts, plan } = this.request;
    if (at === 'spawn') {
      verdicts.set('spawn', fails(error.message, namespacesPointer(plan)));
      giveUp(this.trials, verdicts, 'init can not be started');
      return false;
    }
    verdicts.set('spawn', WORKS);
    const { step, of } = at;
    const index = this.trials.indexOf(at);
    if (of === undefined || foundations.includes(step.step) || this.holdsRoot(step)) {
      for (const { of: before } of this.trials.slice(0, index)) if (before !== undefined) verdicts.set(before, WORKS);
      if (of !== undefined) verdicts.set(of, fails(error.message, error.pointer));
      if (step.step === 'sync') verdicts.set('id-maps', fails(error.message, error.pointer));
      const why = of === undefined ? `the trial itself failed: ${error.message}` : 'a step before it fails';
      giveUp(this.trials.slice(index), verdicts, why);
      return false;
    }
    const verdict = this.judge(step, of, error);
    verdicts.set(of, verdict);
    this.takeOut(at, verdict);
    return true;
  }

  private holdsRoot(step: Step): boolean {
    const { fills } = slotsOf(step);
    return this.trials.some((trial) => trial.step.step === 'open-root' && fills.includes(trial.step.tree));
  }

  private judge(step: Step, of: PlannedStep, error: TsruncError): Verdict {
    const path = pathOf(step);
    const { errno } = error.fields;
    const looksMissing = errno === EROFS || errno === ENOENT;
    if (looksMissing && path !== undefined && !(step.step === 'mount-bind' && error.fields.syscall === 'open_tree')) {
      const above = this.untried.findLast(({ target }) => isAtOrBelow(path, target));
      if (above !== undefined && above.verdict.outcome !== 'works')
        return unknown(`it depends on ${above.target}, which is not mounted in the trial`);
      if (errno === EROFS || above !== undefined) return placeFor(this.root, path, of);
    }
    if (
      step.step === 'find-executable' &&
      looksMissing &&
      this.untried.some(({ target }) => this.mayHold(target, step))
    )
      return unknown('it may be in what is not mounted in the trial');
    return fails(error.message, error.pointer);
  }

  private mayHold(target: string, { name, path }: Extract<Step, { step: 'find-executable' }>): boolean {
    const places = name.includes('/') ? [name] : path.split(':').map((directory) => `${directory}/${name}`);
    return places.some((place) => isAtOrBelow(place, target));
  }

  private takeOut(trial: Trial, verdict: Verdict): void {
    const { step, of } = trial;
    const path = pathOf(step);
    if (path !== undefined && (step.step.startsWith('mount-') || step.step === 'make-directory'))
      this.untried.push({ target: path, verdict });
    const at = this.trials.indexOf(trial);
    this.trials.splice(at, 1);
    if (verdict.outcome === 'works' && step.step === 'mount-fs') this.apart.push(trial);
    if (verdict.outcome === 'works' && step.step === 'mount-bind' && step.tree === NO_SLOT && of !== undefined) {
      // Its source has to be there all the same.
      const { source, recursive, sourceNoFollow, copyLink } = step;
      const noFollow = sourceNoFollow | copyLink;
      this.trials.splice(at, 0, { step: { step: 'clone-tree', source, recursive, noFollow, slot: FREE_SLOT }, of });
    }
    this.takeOutDependents(slotsOf(step).fills, verdict);
  }

  private takeOutDependents(slots: readonly number[], verdict: Verdict): void {
    if (slots.length === 0) return;
    const dependents = this.trials.filter(({ step }) => slotsOf(step).takes.some((slot) => slots.includes(slot)));
    const theirs = verdict.outcome === 'works' ? verdict : unknown('it depends on a step that fails');
    for (const dependent of dependents) {
      if (dependent.of !== undefined) this.request.verdicts.set(dependent.of, theirs);
      const path = pathOf(dependent.step);
      if (path !== undefined) this.untried.push({ target: path, verdict: theirs });
      this.trials = this.trials.filter((one) => one !== dependent);
      this.takeOutDependents(slotsOf(dependent.step).fills, theirs);
    }
  }

  /** Tries the mounts whose targets are missing at /proc of the host's root, which is there and a directory. */
  private tryApart(): void {
    for (const { step, of } of this.apart) {
      if (step.step !== 'mount-fs' || of === undefined) continue;
      const end = this.rehearsal.trials.findIndex((trial) => trial.step.step === 'open-root');
      const beginning = this.rehearsal.trials.slice(0, end);
      const elsewhere: Trial[] = [
        ...beginning,
        { step: { step: 'open-root', path: '/', tree: NO_SLOT, attach: 1 } },
        { step: { ...step, target: '/proc', copyUp: 0 }, of },
      ];
      const failure = this.attempt(elsewhere, undefined);
      if (failure === undefined) continue;
      // The verdict that it works was on its target alone.
      this.request.verdicts.replace(of, fails(failure.error.message, failure.error.pointer));
    }
  }

  /** Carries out trials in a process, which is ended afterwards. */
  private attempt(trials: readonly Trial[], look: ((root: string) => void) | undefined): Failure | undefined {
    const { rt, slots } = this;
    const { plan } = this.request;
    const { native } = rt;
    // The pointer of each step is its number, by which the error for it is told.
    const steps: PlannedStep[] = trials.map(({ step }, number) => ({ ...step, pointer: `@${number}` }));
    if (!this.rehearsal.joins) steps.push({ step: 'dumpable', value: 1, pointer: '' });
    steps.push({ step: 'ready', pointer: '' });
    steps.push({ step: 'wait-start', input: NO_SLOT, output: NO_SLOT, pointer: '' });
    let failedMaps = false;
    let init: InitProcess;
    try {
      const spawning = InitSpawn.start(
        native,
        { cloneFlags: plan.cloneFlags, cloneInto: '', stdio: [-1, -1, -1] },
        noFds,
      );
      init = InitProcess.deliver(native, spawning, {
        plan: { steps, slots: [], warnings: [] },
        slots: [...slots],
        events: {
          mapIds: (pid) => {
            failedMaps = true;
            writeIdMaps(rt, plan.idMaps, pid);
            failedMaps = false;
          },
        },
      });
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      return { at: 'spawn', error };
    }
    try {
      init.serveUntil('ready');
      look?.(`/proc/${init.pid}/root`);
      return undefined;
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      return this.failureOf(trials, error, failedMaps);
    } finally {
      init.kill();
    }
  }

  private failureOf(trials: readonly Trial[], error: TsruncError, failedMaps: boolean): Failure {
    if (failedMaps) return { at: trials.find(({ step }) => step.step === 'sync')!, error };
    const number = /^@(\d+)$/.exec(error.pointer ?? '')?.[1];
    const at = number === undefined ? undefined : trials[Number(number)];
    if (at === undefined) return { at: { step: { step: 'ready' } }, error };
    const { pointer: _, ...known } = error.fields;
    const { syscall = '', remark = '' } = error.fields;
    const pointer = failedField(at.of, { syscall, remark });
    const fields = pointer === undefined ? known : { ...known, pointer };
    return { at, error: new TsruncError(error.code, error.message.replace(/^@\d+: /, ''), fields) };
  }
}

/** A slot that no plan of tsrunc gets to. */
const FREE_SLOT = 8191;

function namespacesPointer({ cloneFlags }: ContainerPlan): string {
  return cloneFlags === 0 ? '' : '/linux/namespaces';
}

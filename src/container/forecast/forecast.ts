/** The operation behind `explain --check`: foretells each action of a plan, on this machine and as this user. */

import { isAtOrBelow } from '../../base/path.js';
import { explainLines } from '../../plan/explain/explain.js';
import type { Line } from '../../plan/explain/line.js';
import type { ContainerPlan } from '../../plan/plan.js';
import type { Explanation } from '../explain-bundle.js';
import type { Runtime } from '../runtime.js';
import { foretellCgroups } from './cgroups.js';
import { checkProgram } from './program.js';
import type { Untried } from './rehearsal-steps.js';
import { rehearse } from './rehearse.js';
import { foretellInitHooks, foretellRuntime } from './runtime-side.js';
import { foretellSeccomp } from './seccomp.js';
import { foretellState } from './state-directory.js';
import { fails, unknown, type Verdict, Verdicts, WORKS } from './verdict.js';

/** An action of a plan, and what is foretold of it. */
export interface ForetoldLine extends Line {
  readonly verdict: Verdict;
}

/**
 * Foretells what each action of a plan will do. It changes nothing: init's steps are tried in namespaces and mounts of a process that
 * is ended at once, with all files read-only; what the runtime does is judged by what is there.
 * @returns the lines of the explanation in their order, each with its verdict
 * @throws TsruncError 'system' if /proc can't be read
 */
export function forecastBundle(rt: Runtime, { plan, facts, bundle }: Explanation, id: string): ForetoldLine[] {
  const { native } = rt;
  const verdicts = new Verdicts();
  verdicts.set('state', foretellState(rt, id));
  foretellCgroups(native, plan, facts, verdicts);
  foretellRuntime(native, plan, facts, verdicts);
  const execution = foretellSeccomp(rt, plan, verdicts);
  let looked = false;
  rehearse(rt, {
    plan,
    facts,
    rootfs: bundle.rootfs,
    verdicts,
    look: (root, untried) => {
      looked = true;
      const isLater = (path: string) => untried.some(({ target }) => isAtOrBelow(path, target));
      foretellInitHooks(native, plan, root, isLater, verdicts);
      foretellProgram(rt, plan, { root, untried, execution }, verdicts);
    },
  });
  if (!looked) foretellInitHooks(native, plan, undefined, () => false, verdicts);
  for (const step of plan.steps) {
    if (step.step === 'ready' || step.step === 'wait-start') verdicts.set(step, WORKS);
    if (step.step === 'sync') verdicts.set('id-maps', verdicts.get(step) ?? WORKS);
  }
  return explainLines(plan).map((line) => ({
    ...line,
    verdict: verdicts.get(line.of) ?? unknown('not tried: a step before it fails'),
  }));
}

/** Foretells the execution of the program, once it is known to be found. */
function foretellProgram(
  { native }: Runtime,
  plan: ContainerPlan,
  { root, untried, execution }: { root: string; untried: readonly Untried[]; execution: Verdict },
  verdicts: Verdicts,
): void {
  const step = plan.steps.at(-1);
  const find = plan.steps.find((one) => one.step === 'find-executable');
  if (step?.step !== 'exec' || find?.step !== 'find-executable') return;
  const found = verdicts.get(find);
  if (found !== undefined && found.outcome !== 'works') {
    verdicts.set(step, unknown('the program was not found'));
    return;
  }
  const isLater = (path: string) => untried.some(({ target }) => isAtOrBelow(path, target));
  const cwd = plan.steps.find((one) => one.step === 'cwd');
  const from = cwd?.step === 'cwd' ? cwd.path : '/';
  const absolute = (path: string) => (path.startsWith('/') ? path : `${from}/${path}`);
  const places = find.name.includes('/')
    ? [find.name]
    : find.path.split(':').map((directory) => `${directory || '.'}/${find.name}`);
  const verdict = places
    .map((place) => checkProgram({ native, root, isLater }, absolute(place)))
    .find(({ passedOver }) => !passedOver);
  const judged = verdict ?? fails(`${find.name} is not found`);
  verdicts.set(step, judged.outcome === 'works' ? execution : { pointer: '/process/args', ...judged });
}

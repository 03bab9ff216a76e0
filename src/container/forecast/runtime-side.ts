/** What is foretold of the rest that the runtime does: network interfaces, resctrl, files for the output of hooks. */
import type { Native } from '../../native/native.js';
import { type HostFacts, isHostRoot } from '../../plan/host-facts.js';
import type { ContainerPlan, PlannedStep } from '../../plan/plan.js';
import { foretellHook, foretellHookIn } from './hooks.js';
import { resolveIn } from './resolve-path.js';
import { fails, unknown, type Verdict, type Verdicts, WORKS } from './verdict.js';

/** Foretells what the runtime does beside cgroups, hooks of init and the trial of init's steps. */
export function foretellRuntime(native: Native, plan: ContainerPlan, facts: HostFacts, verdicts: Verdicts): void {
  for (const hooks of Object.values(plan.hooks))
    for (const planned of hooks) verdicts.set(planned, foretellHook(native, planned.hook.path));
  for (const device of plan.netDevices) verdicts.set(device, netDevice(native, device.name, facts));
  if (plan.intelRdt !== undefined) verdicts.set(plan.intelRdt, resctrl(native, facts));
  for (const slot of plan.slots) if (slot.kind === 'hook-file') verdicts.set(slot, outputFile(native, slot.path));
}

type HookStep = Extract<PlannedStep, { step: 'hook' }>;

/**
 * Foretells the hooks that init runs. Those before the change of root are looked up in the runtime's file system.
 * @param root the container's root as the runtime can reach it; undefined if there is none
 */
export function foretellInitHooks(
  native: Native,
  { steps }: ContainerPlan,
  root: string | undefined,
  isLater: (path: string) => boolean,
  verdicts: Verdicts,
): void {
  const changed = steps.findIndex(({ step }) => step === 'pivot-root' || step === 'move-root' || step === 'chroot');
  steps.forEach((step, index) => {
    if (step.step !== 'hook') return;
    verdicts.set(step, hookOf(step, index < changed));
  });
  function hookOf({ path }: HookStep, onHost: boolean): Verdict {
    if (onHost) return foretellHook(native, path);
    if (root === undefined) return unknown('not tried: the container has no root');
    return foretellHookIn(native, root, path, isLater);
  }
}

function netDevice(native: Native, name: string, facts: HostFacts): Verdict {
  if (native.stat(`/sys/class/net/${name}`, true) === null) return fails(`there is no network interface ${name}`);
  return isHostRoot(facts) ? WORKS : fails(`only root of the host may move ${name}`);
}

function resctrl(native: Native, facts: HostFacts): Verdict {
  if (native.stat('/sys/fs/resctrl/schemata', true) === null)
    return fails('resctrl is not mounted at /sys/fs/resctrl', '/linux/intelRdt');
  return isHostRoot(facts)
    ? unknown('the kernel decides on the schemata')
    : fails('only root of the host may write to resctrl');
}

function outputFile(native: Native, path: string): Verdict {
  const { stat, notDirectory, path: above } = resolveIn(native, '', path);
  const directory = path.slice(0, path.lastIndexOf('/')) || '/';
  if (stat !== null || (!notDirectory && resolveIn(native, '', directory).path === above)) return WORKS;
  return fails(`${directory} is missing`);
}

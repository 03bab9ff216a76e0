/** Runs helpers: processes that work for a container without being part of it. */
import type { ProcessPlan } from '../../plan/plan.js';
import { noFds } from '../exec/preserved-fds.js';
import type { Runtime } from '../runtime.js';
import { InitProcess } from './init-process.js';
import { InitSpawn, type SpawnOptions } from './init-spawn.js';
import { closeSlots, openSlots, type SlotContext } from './open-slots.js';

/** A helper starts in the runtime's own namespaces and cgroup, and without stdio. */
const HELPER: SpawnOptions = { cloneFlags: 0, cloneInto: '', stdio: [-1, -1, -1] };

/**
 * Runs a helper: has init carry out its plan (finishHelper), and then kills it.
 * @param context what the plan's slots are opened with
 * @param look called with the helper's pid when its steps are done, before it is killed
 * @throws TsruncError of the step that failed
 */
export function runHelper(rt: Runtime, plan: ProcessPlan, context: SlotContext, look?: (pid: number) => void): void {
  const slots = openSlots(rt, plan, context);
  let init: InitProcess;
  try {
    const spawning = InitSpawn.start(rt.native, HELPER, noFds);
    init = InitProcess.deliver(rt.native, spawning, { plan, events: {}, slots });
  } finally {
    closeSlots(rt, slots, context);
  }
  try {
    init.serveUntil('ready');
    look?.(init.pid);
  } finally {
    init.kill();
  }
}

import type { Plan } from '../../plan/plan.js';
import { noFds } from '../exec/preserved-fds.js';
import type { Runtime } from '../runtime.js';
import { InitProcess } from './init-process.js';
import { InitSpawn } from './init-spawn.js';
import { closeSlots, openSlots, type SlotContext } from './open-slots.js';

/**
 * Carries out the plan of a helper (finishHelper) and ends it.
 * @param look is called once it has done so and waits
 * @throws TsruncError of the step that failed.
 */
export function runHelper(rt: Runtime, plan: Plan, context: SlotContext, look?: (pid: number) => void): void {
  const slots = openSlots(rt, plan, context);
  let init: InitProcess;
  try {
    const { cloneFlags, cgroup } = plan;
    const spawning = InitSpawn.start(
      rt.native,
      { cloneFlags, cloneInto: cgroup.cloneInto, stdio: [-1, -1, -1] },
      noFds,
    );
    init = InitProcess.deliver(rt, spawning, plan, {}, { slots });
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

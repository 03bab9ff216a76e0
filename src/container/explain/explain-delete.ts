/** Says what `delete` would do, for `explain delete`. */
import { TsruncError } from '../../base/error.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import type { Line } from '../../plan/explain/line.js';
import { hookArguments } from '../../plan/process/hooks.js';
import { mayOutliveInit } from '../creation/destroy.js';
import type { Runtime } from '../runtime.js';
import { stateDirectory } from '../state/paths.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';

/**
 * What `delete` would do, in order; nothing is changed.
 * @throws TsruncError as deleteContainer: 'not-found', and 'state' for a container that isn't stopped, without force
 */
export function deleteLines(rt: Runtime, id: string, force: boolean): Line[] {
  const state = readState(rt, id);
  const status = containerStatus(rt, state, false);
  if (status !== 'stopped' && !force)
    throw new TsruncError('state', `cannot delete container ${id} that is not stopped: ${status}`, {
      hint: '`explain delete --force` says what that would do',
    });
  const lines: Line[] = [];
  const add = (text: string, pointer = '', of: Line['of'] = state): void => {
    lines.push({ actor: 'runtime', text, pointer, of });
  };
  if (status !== 'stopped') add(`kill its init, process ${state.pid}, with KILL, and wait for its end`);
  const { cgroup, hooks } = state;
  const own = new OwnCgroups(rt.native, cgroup);
  const kill = mayOutliveInit(state) ? ', and before that kill what is in it' : '';
  if (cgroup.systemd !== undefined)
    add(`have ${cgroup.systemd.user ? "the user's systemd" : 'systemd'} stop the unit ${cgroup.systemd.unit}`);
  for (const path of Object.values(own.that('made'))) add(`remove cgroup ${path}${kill}`, '/linux/cgroupsPath');
  for (const path of Object.values(own.that('found')))
    add(`leave cgroup ${path}, which was there before, and take its mark away${kill}`, '/linux/cgroupsPath');
  for (const path of own.above()) add(`remove cgroup ${path}, if nothing else is in it`, '/linux/cgroupsPath');
  for (const path of Object.values(own.that('unmarked')))
    add(`leave cgroup ${path}, which has lost its mark`, '/linux/cgroupsPath');
  for (const path of Object.values(own.that('other'))) add(`leave cgroup ${path}, which is another's by now`);
  if (state.intelRdt !== '') add(`remove the resctrl group ${state.intelRdt}`, '/linux/intelRdt');
  add(`remove the state directory ${stateDirectory(rt, id)}`, '', 'state');
  hooks.poststop.forEach((hook, i) => {
    add(`run poststop hook ${hookArguments(hook).join(' ')}`, `/hooks/poststop/${i}`, hook);
  });
  return lines;
}

import type { RestoreOptions } from '../../criu/options.js';
import { checkConsole } from '../console.js';
import { readBundle } from '../creation/bundle.js';
import { checkHandover } from '../creation/check-handover.js';
import { bindNotifySocket } from '../creation/notify-socket.js';
import { RestoredContainer } from '../creation/restored-container.js';
import { withPosition } from '../error-location.js';
import { stayInForeground } from '../exec/foreground.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { warnIn, warnOfFindings } from '../warnings.js';
import { cleanUpBehind } from './clean-up.js';
import { removeContainer } from './run.js';

/**
 * `restore`: makes a container again from what `checkpoint` wrote, and lets its processes go on; unless detached, stands in the
 * foreground for it and deletes it at its end, as `run` does.
 * @returns the exit status of its process or 128 + signal; 0 when detached.
 * @throws TsruncError of the configuration or the host, or 'system' with criu's own words; then nothing of it is left.
 */
export function restoreContainer(rt: Runtime, options: RestoreOptions): number {
  const { native } = rt;
  checkContainerId(options.id);
  const bundle = readBundle(rt, options.bundle, options.configFile);
  warnOfFindings(warnIn(rt, bundle.config), bundle.config.warnings);
  checkConsole(rt, bundle.config.spec.process?.terminal ?? false, '/process/terminal', options);
  checkHandover(rt, options);
  // Before there is a process: what it leaves behind comes to us, and no signal for it is lost.
  if (!options.detach && !options.noSubreaper) native.setSubreaper(true);
  if (!options.detach) native.catchSignals();
  let container: RestoredContainer;
  try {
    container = RestoredContainer.restore(rt, options, bundle);
  } catch (error) {
    throw withPosition(error, bundle.config);
  }
  // Whether it had reported that it is ready before the checkpoint isn't known: no message is waited for.
  if (options.detach) {
    container.lock.release();
    container.release();
    return 0;
  }
  const { state } = container;
  const notify = state.notify ? { notify: { socket: bindNotifySocket(rt, options.id), state } } : {};
  const status = stayInForeground(rt, container, { reap: !options.noSubreaper, ...notify });
  container.release();
  cleanUpBehind(rt, options.id, () => removeContainer(rt, state, container.lock));
  return status;
}

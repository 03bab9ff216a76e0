/** The first state of a container. */
import type { Bundle } from '../creation/bundle.js';
import { hasNotifySocket } from '../creation/notify-socket.js';
import type { Runtime } from '../runtime.js';
import { STATE_VERSION, type StateFile } from './state-schema.js';
import { timestamp } from './timestamp.js';

/** The state of a container that is about to be made; its cgroups are added by claimCgroups. */
export function newState(rt: Runtime, id: string, bundle: Bundle): StateFile {
  const { spec } = bundle.config;
  return {
    version: STATE_VERSION,
    id,
    ociVersion: spec.ociVersion,
    pid: 0,
    startTime: 0,
    phase: 'creating',
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: timestamp(rt.native),
    annotations: spec.annotations ?? {},
    owner: rt.native.identity()[0] ?? 0,
    sharedPids: !spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === ''),
    cgroup: { paths: {} },
    intelRdt: '',
    notify: hasNotifySocket(rt),
    stdio: ['', '', ''],
    hooks: { poststart: spec.hooks?.poststart ?? [], poststop: spec.hooks?.poststop ?? [] },
    laterSteps: [],
  };
}

// Steps of init that no container of test/faults has on a machine without an LSM, or whose errno is believed now and then: each call is
// answered by a filter in the kernel's place, and the step has to fail, as what it was to do wasn't done.
import { constants } from 'node:os';
import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { answer, assemble, ifEqual, load, NR } from '../../../src/plan/seccomp/bpf.js';
import { encodeSteps } from '../../../src/plan/steps/encode.js';
import type { Step } from '../../../src/plan/steps/generated/steps.js';
import { MessageKind } from '../../../src/plan/steps/protocol.js';

const native = nodeNative();
const skip =
  (process.getuid?.() !== 0 && 'needs root') ||
  (process.arch !== 'x64' && 'the numbers of the calls are those of x86-64');

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const calls = { write: 1, getgroups: 115, setgroups: 116, fstatfs: 138, openat2: 437 } as const;
const { EPERM, EACCES, EINVAL, ENOSYS, ENOENT, EIO } = constants.errno;

const filter = (number: number, errno: number): Step => ({
  step: 'seccomp',
  flags: 0,
  filter: assemble([load(NR), ifEqual(number, 0, 1), answer(ERRNO | errno), answer(ALLOW)], true),
});

/** What init says of a plan, with its status. */
function outcome(steps: Step[]) {
  native.prepareSpawn(0, 0, []);
  native.beginSpawn(0, -1, [-1, -1, -1]);
  const { pidfd, socket } = native.endSpawn();
  try {
    const plan: Step[] = [...steps, { step: 'exec', args: ['true'], env: ['PATH=/bin:/usr/bin'], preserve: 0 }];
    native.sendPlan(socket, [], encodeSteps(native, plan));
    const said = native.receive(socket);
    return { kind: said?.kind, step: said?.step, status: native.wait(pidfd, false) };
  } finally {
    native.close(socket);
    native.close(pidfd);
  }
}

/** Where write(2) is answered, init can't say why it ended; it executes nothing. */
const failure = (name: string) => ({ status: 1, ...(name !== 'write' && { kind: MessageKind.error, step: 1 }) });

const labels: Step[] = [
  { step: 'apparmor-profile', profile: 'box' },
  { step: 'selinux-label', label: 'system_u:system_r:box_t:s0' },
  { step: 'session-keyring', name: 'box', label: 'system_u:system_r:box_t:s0' },
];

for (const step of labels)
  t.test(`${step.step}: no answer of a call passes for success`, { skip }, async (t) => {
    // 0: nothing was done, and it says so to nobody.
    for (const name of ['openat2', 'fstatfs', 'write'] as const)
      for (const errno of [0, EPERM, EACCES, EINVAL, ENOSYS, ENOENT, EIO])
        t.match(outcome([filter(calls[name], errno), step]), failure(name), `${name} answers ${errno}`);
  });

t.test('setgroups: EPERM is believed only where the user namespace denies it', { skip }, async (t) => {
  const user: Step = { step: 'user', uid: 0, gid: 0, groups: new Uint8Array(), setGroups: 2 };
  for (const errno of [EPERM, EACCES, EINVAL, ENOSYS])
    t.match(outcome([filter(calls.setgroups, errno), user]), failure('setgroups'), `${errno}`);
  const one = { ...user, groups: new Uint8Array(new Uint32Array([7]).buffer), setGroups: 1 } as Step;
  for (const errno of [0, EPERM])
    t.match(outcome([filter(calls.setgroups, errno), one]), failure('setgroups'), `${errno}`);
});

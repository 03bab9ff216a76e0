import t from 'tap';
import { examineKernel } from '../../../src/doctor/kernel-calls.js';
import { examineNamespaces } from '../../../src/doctor/namespaces.js';
import { examineSeccomp } from '../../../src/doctor/seccomp.js';
import { examineSecurityModules } from '../../../src/doctor/security-modules.js';
import { CLONE_NEWTIME, CLONE_NEWUSER } from '../../../src/native/flags.js';
import { examination, lineOf, refusal } from '../../helpers/examination.js';

t.test('system calls', async (t) => {
  const lines = examineKernel(
    examination({
      calls: ['openat2 22', 'mount_setattr 38', 'fchmodat2 38', 'fsopen 1', 'bpf 1', 'CLONE_INTO_CGROUP 9'],
    }),
  );
  t.match(lineOf(lines, 'release'), { status: 'ok', text: 'Linux 6.12.0, x86_64' });
  t.match(lineOf(lines, 'openat2'), { status: 'ok' });
  t.match(lineOf(lines, 'mount_setattr'), { status: 'missing', needed: true, remedy: 'Linux 5.12 or newer' });
  t.match(lineOf(lines, 'fchmodat2'), { status: 'limited', text: 'not there: /proc is used instead' });
  t.match(lineOf(lines, 'fsopen'), { status: 'missing', needed: true, remedy: /seccomp/ }, 'forbidden to root');
  t.match(lineOf(lines, 'bpf'), { status: 'limited', text: /^forbidden/ });
  t.match(lineOf(lines, 'CLONE_INTO_CGROUP'), { status: 'ok' });
});

t.test('a user may be refused before the arguments are looked at; an old clone3', async (t) => {
  const lines = examineKernel(examination({ uid: 1000, calls: ['fsopen 1', 'CLONE_INTO_CGROUP 22'] }));
  t.match(lineOf(lines, 'fsopen'), { status: 'ok' });
  t.match(lineOf(lines, 'CLONE_INTO_CGROUP'), { status: 'missing', remedy: 'Linux 5.7 or newer' });
});

t.test('namespaces', async (t) => {
  const namespaces = ['cgroup', 'ipc', 'net', 'pid', 'time', 'user', 'uts'];
  const lines = examineNamespaces(
    examination({
      facts: { namespaces },
      files: { '/proc/sys/user/max_time_namespaces': '0\n' },
      fails: ([step]) =>
        step?.step === 'unshare' && step.flags === CLONE_NEWTIME ? refusal('unshare: no space left') : undefined,
    }),
  );
  t.match(lineOf(lines, 'pid'), { status: 'ok', text: 'made one' });
  t.match(lineOf(lines, 'mount'), { status: 'missing', where: 'CONFIG_NAMESPACES', needed: true });
  t.match(lineOf(lines, 'time'), { status: 'limited', where: 'user.max_time_namespaces', remedy: /sysctl -w/ });
  t.equal(lineOf(lines, 'user'), undefined);
});

t.test('a user makes them in a user namespace', async (t) => {
  let first = 0;
  examineNamespaces(
    examination({
      uid: 1000,
      facts: { namespaces: ['pid'] },
      fails: ([step]) => {
        if (step?.step === 'unshare') first = step.flags;
        return undefined;
      },
    }),
  );
  t.equal(first, CLONE_NEWUSER);
});

t.test('seccomp', async (t) => {
  const good = examineSeccomp(examination());
  for (const name of ['filter', 'notify', 'flags']) t.match(lineOf(good, name), { status: 'ok' }, name);
  t.match(lineOf(good, 'libseccomp'), { text: '2.6.0' });
  const old = examineSeccomp(examination({ seccomp: [0x7, 0b10101110] }));
  t.match(lineOf(old, 'filter'), { status: 'limited', text: /KILL_PROCESS, LOG/ });
  t.match(lineOf(old, 'notify'), { status: 'missing', remedy: 'Linux 5.0 or newer' });
  t.match(lineOf(old, 'flags'), { status: 'limited', text: 'without NEW_LISTENER, TSYNC_ESRCH, WAIT_KILLABLE_RECV' });
  t.match(lineOf(examineSeccomp(examination({ seccomp: [0, 0] })), 'filter'), {
    status: 'missing',
    where: 'CONFIG_SECCOMP_FILTER',
  });
});

t.test('security modules', async (t) => {
  const none = examineSecurityModules(examination({ facts: { apparmor: false, selinux: false } }));
  t.match(lineOf(none, 'AppArmor'), { status: 'missing', remedy: /apparmor=1/ });
  t.match(lineOf(none, 'SELinux'), { status: 'missing', where: '/sys/fs/selinux' });
  const files = {
    '/sys/kernel/security/apparmor/profiles': 'a (enforce)\nb (complain)\n',
    '/sys/fs/selinux/enforce': '1',
  };
  const both = examineSecurityModules(examination({ facts: { apparmor: true, selinux: true }, files }));
  t.match(lineOf(both, 'AppArmor'), { status: 'ok', text: '2 profiles are loaded' });
  t.match(lineOf(both, 'SELinux'), { status: 'ok', text: 'enforcing' });
  const hidden = { facts: { apparmor: true, selinux: false } };
  t.match(lineOf(examineSecurityModules(examination(hidden)), 'AppArmor'), { status: 'limited', remedy: /securityfs/ });
  t.match(lineOf(examineSecurityModules(examination({ ...hidden, uid: 5 })), 'AppArmor'), { status: 'ok' });
});

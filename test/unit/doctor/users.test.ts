import t from 'tap';
import { examineIdRanges, rangesOf } from '../../../src/doctor/id-ranges.js';
import { examineIdmappedMounts } from '../../../src/doctor/idmapped-mounts.js';
import { examineUserNamespaces } from '../../../src/doctor/user-namespaces.js';
import { examination, lineOf, refusal } from '../../helpers/examination.js';

const setuid = { '/usr/bin/newuidmap': { mode: 0o104755 }, '/usr/bin/newgidmap': { mode: 0o104755 } };
const ranges = { '/etc/subuid': 'user:100000:65536\nother:1:2\n', '/etc/subgid': '1000:200000:65536\n' };
const parameter = (name: string) => `/proc/sys/${name}`;

t.test('user namespaces that can be made', async (t) => {
  const lines = examineUserNamespaces(examination({ files: { [parameter('user/max_user_namespaces')]: '1000' } }));
  t.match(lineOf(lines, 'own'), { status: 'ok' });
  t.match(lineOf(lines, 'for users'), { status: 'ok' });
  t.match(lineOf(lines, 'user.max_user_namespaces'), { status: 'ok', text: '1000' });
  t.equal(lineOf(lines, 'kernel.unprivileged_userns_clone'), undefined, 'not a parameter of this kernel');
  t.equal(lineOf(examineUserNamespaces(examination({ uid: 1000 })), 'for users'), undefined);
});

t.test('what forbids them', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['kernel/unprivileged_userns_clone', '0', /only root may/],
    ['kernel/apparmor_restrict_unprivileged_userns', '1', /AppArmor profile/],
    ['user/max_user_namespaces', '0', /there can be none/],
  ];
  for (const [path, value, text] of cases) {
    const lines = examineUserNamespaces(
      examination({
        uid: 1000,
        files: { [parameter(path)]: `${value}\n` },
        fails: () => refusal('unshare: not permitted'),
      }),
    );
    const name = path.replace('/', '.');
    t.match(lineOf(lines, name), { status: 'limited', text, where: name });
    t.match(lineOf(lines, 'own'), { status: 'limited', text: /unshare: not permitted/, where: name });
  }
  const none = examineUserNamespaces(examination({ facts: { namespaces: ['pid'] } }));
  t.match(lineOf(none, 'own'), { status: 'missing', where: 'CONFIG_USER_NS' });
});

t.test('a right in it is used, not only its making tried', async (t) => {
  const lines = examineUserNamespaces(
    examination({
      fails: (steps) => (steps.at(-1)?.step === 'tree-propagation' ? refusal('mount: denied') : undefined),
    }),
  );
  t.match(lineOf(lines, 'own'), { status: 'limited', text: /mount: denied/ });
});

t.test('ranges of ids', async (t) => {
  const { rt } = examination({ uid: 1000, files: ranges });
  t.same(rangesOf(rt.native, 1000, 'uid'), [{ first: 100000, count: 65536 }], 'by name');
  t.same(rangesOf(rt.native, 1000, 'gid'), [{ first: 200000, count: 65536 }], 'by uid');
  const good = examineIdRanges(examination({ uid: 1000, files: ranges, stats: setuid }));
  for (const name of ['subuid', 'subgid', 'newuidmap', 'newgidmap', 'mapping'])
    t.match(lineOf(good, name), { status: 'ok' }, name);
  const refused = examineIdRanges(
    examination({ uid: 1000, files: ranges, stats: setuid, fails: () => refusal('newuidmap: not allowed') }),
  );
  t.match(lineOf(refused, 'mapping'), { status: 'limited', text: /newuidmap: not allowed/ });
  t.match(lineOf(examineIdRanges(examination()), 'ids'), { status: 'ok' }, 'root needs none');
});

t.test('no ranges, few ids, no tools', async (t) => {
  const files = { '/etc/subuid': 'user:100000:10\n' };
  const lines = examineIdRanges(examination({ uid: 1000, files }));
  t.match(lineOf(lines, 'subuid'), { status: 'limited', text: /fewer than the 65536/, where: '/etc/subuid' });
  t.match(lineOf(lines, 'subgid'), {
    status: 'limited',
    text: /no range for uid 1000/,
    remedy: /usermod --add-subgids/,
  });
  t.match(lineOf(lines, 'newuidmap'), { status: 'missing', remedy: /uidmap/ });
  t.equal(lineOf(lines, 'mapping'), undefined);
});

t.test('tools without rights, and with file capabilities', async (t) => {
  const stats = { '/usr/bin/newuidmap': { mode: 0o100755 }, '/usr/bin/newgidmap': { mode: 0o100755 } };
  const attributes = { '/usr/bin/newgidmap security.capability': 'x' };
  const lines = examineIdRanges(examination({ uid: 1000, files: ranges, stats, attributes }));
  t.match(lineOf(lines, 'newuidmap'), {
    status: 'limited',
    remedy: 'setcap cap_setuid=ep /usr/bin/newuidmap (as root)',
  });
  t.match(lineOf(lines, 'newgidmap'), { status: 'ok', text: /file capabilities/ });
  const closed = { '/root/bin/newuidmap': { mode: -1 }, ...setuid };
  const other = examineIdRanges(
    examination({ uid: 1000, files: ranges, stats: closed, env: { PATH: '/root/bin:/usr/bin' } }),
  );
  t.match(lineOf(other, 'newuidmap'), { status: 'ok' }, 'a closed directory of PATH is passed over');
});

t.test('idmapped mounts', async (t) => {
  const mountinfo = [
    '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '21 20 0:5 / /mnt/a\\040b rw - vfat /dev/sdb1 rw',
    '22 20 0:6 / /srv rw - nfs4 server:/srv rw',
    '23 20 0:7 / /proc rw - proc proc rw',
  ].join('\n');
  const fails = (steps: readonly { step: string; source?: string }[]) =>
    steps[0]?.source === '/mnt/a b' ? refusal('mount_setattr: invalid argument') : undefined;
  const lines = examineIdmappedMounts(examination({ files: { '/proc/self/mountinfo': mountinfo }, fails }));
  t.match(lineOf(lines, 'ext4'), { status: 'ok', text: 'as at /' });
  t.match(lineOf(lines, 'vfat'), { status: 'limited', text: /not at \/mnt\/a b: mount_setattr/ });
  t.match(lineOf(lines, 'nfs4'), { status: 'limited', text: /not tried/ });
  t.equal(lineOf(lines, 'proc'), undefined);
  t.match(examineIdmappedMounts(examination({ uid: 1000 })), [{ name: 'all', status: 'limited' }]);
});

import t from 'tap';
import { hostId, idMapText, isMapped, isOwnIdOnly, mappedText, parseIdMap } from '../../../src/config/id-mappings.js';
import * as flags from '../../../src/native/flags.js';
import { SyncEvent } from '../../../src/plan/steps/protocol.js';
import { allTypes, indexOf, names, newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const maps = {
  uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
  gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
};
const ownId = {
  uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
};
const {
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWNET,
  CLONE_NEWIPC,
  CLONE_NEWUTS,
  CLONE_NEWCGROUP,
  CLONE_NEWUSER,
  CLONE_NEWTIME,
} = flags;

t.test('id maps', (t) => {
  t.equal(idMapText(maps.uidMappings), '0 100000 65536\n');
  t.ok(isMapped(maps.uidMappings, 65535));
  t.notOk(isMapped(maps.uidMappings, 65536));
  t.ok(isOwnIdOnly(ownId.uidMappings, 1000));
  t.notOk(isOwnIdOnly(maps.uidMappings, 100000));
  const two = parseIdMap('         0     100000         10\n      1000       7          1\n');
  t.same(two, [
    { containerID: 0, hostID: 100000, size: 10 },
    { containerID: 1000, hostID: 7, size: 1 },
  ]);
  t.equal(mappedText(two), '0-9, 1000');
  t.same(
    [0, 9, 10, 1000].map((id) => hostId(two, id)),
    [100000, 100009, undefined, 7],
  );
  t.end();
});

t.test('all new: clone3 makes them, but for the cgroup namespace, and nothing forks', (t) => {
  const made = plan(specWith());
  t.equal(made.cloneFlags, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS);
  t.match(stepsOf(made, 'unshare'), [{ flags: CLONE_NEWCGROUP }]);
  t.notOk(names(made).includes('fork'));
  t.ok(names(made).includes('loopback'));
  t.ok(indexOf(made, 'dumpable') < indexOf(made, 'unshare'));
  t.end();
});

t.test('a time namespace without offsets needs no fork of ours, one with offsets does', (t) => {
  const namespaces = newOnes(...allTypes, 'time');
  t.equal(plan(specWith({ linux: { namespaces } })).cloneFlags & CLONE_NEWTIME, CLONE_NEWTIME);
  const made = plan(
    specWith({ linux: { namespaces, timeOffsets: { boottime: { secs: -5n }, monotonic: { nanosecs: 7 } } } }),
  );
  t.equal(made.cloneFlags, 0);
  t.equal(stepsOf(made, 'time-offsets')[0]?.offsets, 'monotonic 0 7\nboottime -5 0\n');
  const order = ['unshare', 'time-offsets', 'fork', 'setsid'] as const;
  t.same(
    names(made).filter((name) => (order as readonly string[]).includes(name)),
    order,
  );
  t.end();
});

t.test('joined ones: the mount namespace last, and a fork for the pid namespace', (t) => {
  const namespaces = [
    { type: 'mount' as const, path: '/proc/7/ns/mnt' },
    { type: 'pid' as const, path: '/proc/7/ns/pid' },
    { type: 'network' as const, path: '/run/netns/a' },
    { type: 'uts' as const },
  ];
  const made = plan(specWith({ linux: { namespaces } }));
  t.equal(made.cloneFlags, 0);
  t.match(made.slots.slice(0, 3), [
    { kind: 'namespace', path: '/proc/7/ns/pid', type: CLONE_NEWPID, pointer: '/linux/namespaces/1/path' },
    { path: '/run/netns/a', type: CLONE_NEWNET },
    { path: '/proc/7/ns/mnt', type: CLONE_NEWNS },
  ]);
  t.same(
    stepsOf(made, 'join-namespace').map(({ descriptor }) => descriptor),
    [0, 1, 2],
  );
  t.same(
    stepsOf(made, 'unshare').map(({ flags }) => flags),
    [CLONE_NEWUTS],
  );
  t.ok(names(made).includes('fork'));
  t.notOk(names(made).includes('loopback'), 'the network is not ours');
  t.match(stepsOf(made, 'clone-tree')[0], { source: '/bundle/rootfs' }, "paths are the host's");
  t.end();
});

t.test('a user namespace of root', (t) => {
  const made = plan(specWith({ linux: { namespaces: newOnes(...allTypes, 'user'), ...maps } }));
  t.match(made.idMaps, { uid: maps.uidMappings, denySetgroups: false, viaHelpers: false });
  const order = names(made).filter((name) =>
    ['dumpable', 'unshare', 'sync', 'become', 'fork', 'setsid'].includes(name),
  );
  t.same(order, ['dumpable', 'unshare', 'sync', 'become', 'unshare', 'fork', 'setsid']);
  t.same(
    stepsOf(made, 'unshare').map(({ flags }) => flags),
    [CLONE_NEWUSER, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP],
  );
  t.match(stepsOf(made, 'sync'), [{ event: SyncEvent.mapIds }]);
  t.end();
});

t.test('CVE-2016-9962: an unprivileged runtime leaves init dumpable until the ids are mapped, no longer', (t) => {
  const made = plan(specWith({ linux: { namespaces: newOnes(...allTypes, 'user'), ...ownId } }), rootlessUser);
  const order = names(made).filter((name) => ['dumpable', 'unshare', 'sync', 'become'].includes(name));
  t.same(order, ['unshare', 'sync', 'dumpable', 'become', 'unshare']);
  t.match(stepsOf(made, 'dumpable'), [{ value: 0 }]);
  t.match(made.idMaps, { denySetgroups: true, viaHelpers: false });
  t.equal(stepsOf(made, 'user')[0]?.setGroups, 0);
  const helpers = plan(specWith({ linux: { namespaces: newOnes('user', 'mount'), ...maps } }), rootlessUser);
  t.match(helpers.idMaps, { denySetgroups: false, viaHelpers: true });
  const groups = specWith({
    process: { user: { additionalGids: [5] } },
    linux: { namespaces: newOnes('user'), ...ownId },
  });
  t.match(
    problemsOf(() => plan(groups, rootlessUser)),
    [/process\/user\/additionalGids/],
  );
  t.end();
});

t.test('a joined user namespace comes last for root, first for others', (t) => {
  const namespaces = [
    { type: 'user' as const, path: '/proc/7/ns/user' },
    { type: 'network' as const, path: '/proc/7/ns/net' },
    { type: 'mount' as const },
  ];
  const types = (facts: typeof unifiedRoot) =>
    stepsOf(plan(specWith({ linux: { namespaces } }), facts), 'join-namespace').map(({ type }) => type);
  t.same(types(unifiedRoot), [CLONE_NEWNET, CLONE_NEWUSER]);
  t.same(types(rootlessUser), [CLONE_NEWUSER, CLONE_NEWNET]);
  t.equal(plan(specWith({ linux: { namespaces } })).idMaps, undefined);
  t.end();
});

t.test('CVE-2016-9962: time offsets in a user namespace do not make init dumpable', (t) => {
  const linux = { namespaces: newOnes('user', 'time', 'mount'), ...maps, timeOffsets: { boottime: { secs: 1 } } };
  const made = plan(specWith({ linux }));
  t.ok(indexOf(made, 'time-offsets') > indexOf(made, 'dumpable'));
  t.match(stepsOf(made, 'dumpable'), [{ value: 0 }]);
  t.end();
});

t.test('a type the kernel lacks is an error that names it', (t) => {
  const facts = { ...unifiedRoot, namespaces: ['mnt', 'pid'] };
  const made = () => plan(specWith({ linux: { namespaces: newOnes('mount', 'time', 'uts') } }), facts);
  t.match(problemsOf(made), [
    /unsupported \/linux\/namespaces\/1: .*time/,
    /unsupported \/linux\/namespaces\/2: .*uts/,
  ]);
  t.end();
});

t.test('no namespaces at all: a detached tree and chroot, nothing of the host is touched', (t) => {
  const made = plan(specWith({ linux: { namespaces: [] }, mounts: [{ destination: '/proc', type: 'proc' }] }));
  t.equal(made.cloneFlags, 0);
  t.match(stepsOf(made, 'open-root'), [{ attach: 0 }]);
  for (const name of ['tree-propagation', 'pivot-root', 'unshare', 'fork', 'loopback'] as const)
    t.notOk(names(made).includes(name), name);
  t.ok(indexOf(made, 'chroot') > indexOf(made, 'mount-fs'));
  t.end();
});

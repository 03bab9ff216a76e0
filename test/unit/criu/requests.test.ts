import t from 'tap';
import type { Spec } from '../../../src/config/spec.js';
import { externalKey, externalName, externalNamespaces } from '../../../src/criu/common-options.js';
import { criuConfigFile } from '../../../src/criu/config-file.js';
import { dumpRequest } from '../../../src/criu/dump-request.js';
import { findCriu } from '../../../src/criu/executable.js';
import { CgroupMode, RequestType } from '../../../src/criu/messages.js';
import type { CheckpointOptions, RestoreOptions } from '../../../src/criu/options.js';
import { resolveInRoot } from '../../../src/criu/resolve.js';
import { cgroupRoots, mountSources } from '../../../src/criu/restore-facts.js';
import { restoreRequest } from '../../../src/criu/restore-request.js';
import type { Native } from '../../../src/native/native.js';
import type { PlannedStep } from '../../../src/plan/plan.js';

const common = {
  id: 'c',
  imagePath: './checkpoint',
  tcpEstablished: false,
  extUnixSk: false,
  shellJob: false,
  fileLocks: false,
  lazyPages: false,
  autoDedup: false,
};
const checkpoint: CheckpointOptions = {
  ...common,
  leaveRunning: false,
  tcpSkipInFlight: false,
  linkRemap: false,
  preDump: false,
};
const restore: RestoreOptions = {
  ...common,
  bundle: '.',
  detach: true,
  noSubreaper: false,
  noPivot: false,
  tcpClose: false,
};
const dumpFacts = {
  pid: 42,
  rootfs: '/b/rootfs',
  directories: { images: 5 },
  configFile: '/etc/criu/runc.conf',
  freezeCgroup: '/sys/fs/cgroup/c',
  hasCgroup: true,
  hasTerminal: false,
  external: [],
  mounts: [{ key: '/data', val: '/data' }],
};
const restoreFacts = {
  root: '/run/tsrunc/c/criu-root',
  directories: { images: 5 },
  configFile: undefined,
  hasCgroup: true,
  hasTerminal: false,
  cgroupRoots: [{ ctrl: '', path: '/c' }],
  inherited: [{ key: 'pipe:[7]', fd: 1 }],
  mounts: [{ key: '/data', val: '/srv/data' }],
};

t.test("the caller's terminal is no orphan; one of the container's own is", async (t) => {
  const job = { ...checkpoint, shellJob: true };
  t.match(dumpRequest(job, dumpFacts).opts, { shellJob: true, orphanPtsMaster: false });
  t.match(dumpRequest(job, { ...dumpFacts, hasTerminal: true }).opts, { shellJob: true, orphanPtsMaster: true });
  const again = { ...restore, shellJob: true };
  t.match(restoreRequest(again, {} as Spec, restoreFacts).opts, { shellJob: true, orphanPtsMaster: false });
  t.match(restoreRequest(restore, {} as Spec, restoreFacts).opts, { shellJob: false, orphanPtsMaster: true });
});

t.test('a plain checkpoint', async (t) => {
  t.same(dumpRequest(checkpoint, dumpFacts), {
    type: RequestType.dump,
    opts: {
      imagesDirFd: 5,
      logLevel: 4,
      notifyScripts: true,
      orphanPtsMaster: true,
      manageCgroups: true,
      manageCgroupsMode: CgroupMode.default,
      emptyNs: 0x40000000,
      tcpEstablished: false,
      extUnixSk: false,
      shellJob: false,
      fileLocks: false,
      lazyPages: false,
      autoDedup: false,
      configFile: '/etc/criu/runc.conf',
      pid: 42,
      root: '/b/rootfs',
      logFile: 'dump.log',
      leaveRunning: false,
      tcpSkipInFlight: false,
      linkRemap: false,
      external: [],
      freezeCgroup: '/sys/fs/cgroup/c',
      extMnt: [{ key: '/data', val: '/data' }],
    },
  });
});

t.test('every option of a checkpoint', async (t) => {
  const { type, opts } = dumpRequest(
    {
      ...checkpoint,
      tcpEstablished: true,
      extUnixSk: true,
      shellJob: true,
      fileLocks: true,
      lazyPages: true,
      autoDedup: true,
      leaveRunning: true,
      tcpSkipInFlight: true,
      linkRemap: true,
      manageCgroupsMode: 'strict',
      parentPath: '../first',
      pageServer: { address: '10.0.0.1', port: 1234 },
      networkLock: 'skip',
    },
    { ...dumpFacts, directories: { images: 5, work: 6 }, external: ['net[9]:extRootNetNS'], freezeCgroup: undefined },
  );
  t.equal(type, RequestType.dump);
  t.match(opts, {
    workDirFd: 6,
    tcpEstablished: true,
    extUnixSk: true,
    shellJob: true,
    fileLocks: true,
    lazyPages: true,
    autoDedup: true,
    leaveRunning: true,
    tcpSkipInFlight: true,
    linkRemap: true,
    manageCgroupsMode: CgroupMode.strict,
    parentImg: '../first',
    trackMem: true,
    ps: { address: '10.0.0.1', port: 1234 },
    networkLock: 3,
    external: ['net[9]:extRootNetNS'],
  });
  t.notHas(opts, { freezeCgroup: '' });
});

t.test('a pre-dump is about memory alone; without cgroups none are managed', async (t) => {
  const { type, opts } = dumpRequest({ ...checkpoint, preDump: true }, { ...dumpFacts, hasCgroup: false });
  t.equal(type, RequestType.preDump);
  t.notOk(opts?.extMnt);
  t.equal(opts?.manageCgroupsMode, CgroupMode.ignore);
});

t.test('a restore', async (t) => {
  const spec: Spec = {
    ociVersion: '1.0.2',
    linux: {
      namespaces: [
        { type: 'pid' },
        { type: 'network', path: '/n' },
        { type: 'ipc', path: '/i' },
        { type: 'mount', path: '/m' },
        { type: 'uts' },
      ],
    },
  };
  const options = { ...restore, tcpClose: true, lsmProfile: 'apparmor:p', lsmMountContext: 'x' };
  const { type, opts } = restoreRequest(options, spec, restoreFacts);
  t.equal(type, RequestType.restore);
  t.match(opts, {
    root: '/run/tsrunc/c/criu-root',
    logFile: 'restore.log',
    evasiveDevices: true,
    rstSibling: true,
    tcpClose: true,
    cgRoot: [{ ctrl: '', path: '/c' }],
    inheritFd: [{ key: 'pipe:[7]', fd: 1 }],
    extMnt: [{ key: '/data', val: '/srv/data' }],
    joinNs: [
      { ns: 'ipc', nsFile: '/i' },
      { ns: 'mnt', nsFile: '/m' },
    ],
    lsmProfile: 'apparmor:p',
    lsmMountContext: 'x',
  });
  t.notHas(opts, { configFile: '' });
  const cgroup: Spec = { ociVersion: '1.0.2', linux: { namespaces: [{ type: 'cgroup', path: '/c' }] } };
  t.throws(() => restoreRequest(restore, cgroup, restoreFacts), {
    message: /cgroup namespace/,
    fields: { pointer: '/linux/namespaces/0/path' },
  });
});

t.test('joined network and pid namespaces are external', async (t) => {
  const namespaces = [
    { type: 'network', path: '/n' },
    { type: 'pid', path: '' },
    { type: 'pid', path: '/p' },
  ] as const;
  const external = externalNamespaces({ ociVersion: '1.0.2', linux: { namespaces: [...namespaces] } });
  t.same(external, [
    { type: 'network', path: '/n' },
    { type: 'pid', path: '/p' },
  ]);
  t.equal(externalName('network', 4026531840), 'net[4026531840]:extRootNetNS');
  t.equal(externalName('pid', 1), 'pid[1]:extRootPidNS');
  t.equal(externalKey('pid'), 'extRootPidNS');
});

/** Files by path: true for a directory, a text for a symlink, a number for a file of that mode. */
function files(entries: Record<string, true | string | number>): Native {
  const stat = (path: string) => {
    const entry = entries[path];
    if (entry === undefined) return null;
    return { mode: entry === true ? 0o040755 : typeof entry === 'string' ? 0o120777 : 0o100000 | entry };
  };
  return { stat, readLink: (path: string) => entries[path] as string } as unknown as Native;
}

t.test('symlinks are followed within the root', async (t) => {
  const native = files({
    '/r/var': true,
    '/r/var/run': '/run',
    '/r/up': '../../etc/./x',
    '/r/loop': 'loop',
    '/r/abs': '/var/run/a',
  });
  t.equal(resolveInRoot(native, '/r', '/var/run/secrets'), '/run/secrets');
  t.equal(resolveInRoot(native, '/r', '/up'), '/etc/x');
  t.equal(resolveInRoot(native, '/r', '/abs/b'), '/run/a/b');
  t.equal(resolveInRoot(native, '/r', '/'), '/');
  t.throws(() => resolveInRoot(native, '/r', '/loop'), { message: /too many levels/ });
});

t.test('what criu mounts where', async (t) => {
  const native = files({ '/r/var': true, '/r/var/run': '/run' });
  const steps = [
    { step: 'mount-bind', target: '/var/run/x', source: '/srv/x' },
    { step: 'mount-bind', target: '/data', source: '/srv/data' },
    { step: 'mask-path', path: '/proc/kcore' },
    { step: 'setsid' },
  ] as unknown as PlannedStep[];
  t.same(mountSources(native, '/r', steps), [
    { key: '/run/x', val: '/srv/x' },
    { key: '/var/run/x', val: '/srv/x' },
    { key: '/data', val: '/srv/data' },
    { key: '/dev/null', val: '/dev/null' },
  ]);
});

t.test('cgroups of a process, one entry a controller', async (t) => {
  t.same(cgroupRoots('3:cpu,cpuacct:/a:b\n1:name=systemd:/x\n0::/y\n'), [
    { ctrl: 'cpu', path: '/a:b' },
    { ctrl: 'cpuacct', path: '/a:b' },
    { ctrl: 'name=systemd', path: '/x' },
    { ctrl: '', path: '/y' },
  ]);
});

t.test("criu's configuration file", async (t) => {
  const none = files({});
  const own = files({ '/etc/criu/tsrunc.conf': 0o644 });
  t.equal(criuConfigFile(none, undefined), '/etc/criu/runc.conf');
  t.equal(criuConfigFile(own, {}), '/etc/criu/tsrunc.conf');
  t.equal(criuConfigFile(own, { 'org.criu.config': '/x' }), '/x');
  t.equal(criuConfigFile(own, { 'org.criu.config': '' }), undefined);
});

t.test('criu is looked for in PATH', async (t) => {
  const native = files({ '/a/criu': 0o644, '/b/criu': true, '/usr/sbin/criu': 0o755 });
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  t.same(findCriu(native, { PATH: '/a:/b::/usr/sbin', X: '1' }), {
    executable: '/usr/sbin/criu',
    env: ['PATH=/a:/b::/usr/sbin', 'X=1'],
  });
  t.same(findCriu(native, {}).env, [`PATH=${path}`]);
  t.throws(() => findCriu(native, { PATH: '/a:/b' }), {
    message: 'criu: executable file not found in $PATH',
    fields: { hint: /install CRIU/ },
  });
});

import t from 'tap';
import type { CgroupHost } from '../../../src/cgroup/plan/cgroup-host.js';
import { planCgroup } from '../../../src/cgroup/plan/plan-cgroup.js';
import { planSystemd } from '../../../src/cgroup/systemd/plan-systemd.js';
import { crunAnnotations } from '../../../src/config/crun-annotations.js';
import { loadConfig } from '../../../src/config/load.js';
import type { Spec } from '../../../src/config/spec.js';
import { NO_SLOT } from '../../../src/plan/steps/step-table.js';
import { base, changed, mistakes } from '../../helpers/config-helpers.js';
import { plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';
import { hybridRoot, unifiedRoot } from '../../helpers/plan-hosts.js';

const annotated = (annotations: Record<string, string>, parts: Parameters<typeof specWith>[0] = {}) =>
  specWith({ ...parts, spec: { annotations, ...parts.spec } });

t.test('a wrong value is refused, with the pointer of the annotation', async (t) => {
  for (const [name, value, wrong] of [
    ['keep_original_groups', 'true', 'must be "1" or "0"'],
    ['keep_original_groups', '', 'must be "1" or "0"'],
    ['seccomp_fail_unknown_syscall', 'false', 'must be "1" or "0"'],
    ['hooks.stdout', 'hooks.log', 'must be an absolute path'],
    ['hooks.stderr', '', 'must be an absolute path'],
    ['mount_context_type', 'contexts', 'must be one of context, fscontext, defcontext, rootcontext'],
    ['systemd.subgroup', '../x', 'must be a path below the cgroup'],
    ['delegate-cgroup', 'a/../../x', 'must be a path below the cgroup'],
    ['delegate-cgroup', 'cgroup.procs', 'must be a path below the cgroup'],
    ['delegate-cgroup', 'memory.max', 'must be a path below the cgroup'],
  ] as const) {
    const [found = '', ...more] = mistakes(changed(base, '/annotations', { [`run.oci.${name}`]: value }));
    t.same(more, []);
    t.ok(found.startsWith(`/annotations/run.oci.${name}: is ${JSON.stringify(value)}; ${wrong}`), found);
  }
});

t.test('what confines and only crun has is refused, what restricts nothing is warned of', async (t) => {
  for (const name of ['handler', 'seccomp.receiver', 'seccomp.plugins', 'seccomp_bpf_data'])
    t.match(mistakes(changed(base, '/annotations', { [`run.oci.${name}`]: 'x' })), [/must be left out/], name);
  const warnings = (annotations: Record<string, string>) =>
    loadConfig(JSON.stringify(changed(base, '/annotations', annotations)), 'config.json').warnings.map(
      ({ pointer, text }) => `${pointer} ${text}`,
    );
  t.same(warnings({ 'run.oci.pidfd_receiver': '/x' }), ['/annotations/run.oci.pidfd_receiver has no effect']);
  t.match(warnings({ 'run.oci.hooks.stdut': '/x' }), [/has no effect; did you mean "run.oci.hooks.stdout"/]);
  t.same(warnings({ 'run.ocifoo': 'x', 'run.oci.keep_original_groups': '1' }), []);
});

t.test('left out, all is as without', async (t) => {
  const nothing = { keepGroups: false, failUnknownSyscall: false, mountContext: 'context', subgroup: '', delegate: '' };
  t.same(crunAnnotations(undefined), nothing);
  t.same(crunAnnotations({ 'run.oci.keep_original_groups': '0', 'run.oci.systemd.subgroup': '' }), nothing);
});

t.test('keep_original_groups: setgroups(2) is not called, also where it would be denied', async (t) => {
  const user = { uid: 0, gid: 0, additionalGids: [7] };
  const set = (annotations: Record<string, string>) =>
    stepsOf(plan(annotated(annotations, { process: { user } })), 'user')[0]?.setGroups;
  t.equal(set({}), 1);
  t.equal(set({ 'run.oci.keep_original_groups': '0' }), 1);
  t.equal(set({ 'run.oci.keep_original_groups': '1' }), 0);
});

t.test('mount_context_type: the option that a label is given as', async (t) => {
  const label = 'system_u:object_r:container_file_t:s0';
  const made = (annotations: Record<string, string>, selinux = true) =>
    plan(
      annotated(annotations, {
        linux: { mountLabel: label, maskedPaths: ['/proc/acpi'] },
        mounts: [{ destination: '/a', type: 'tmpfs', source: 'tmpfs' }],
      }),
      { ...unifiedRoot, selinux },
    );
  const [mount] = stepsOf(made({ 'run.oci.mount_context_type': 'rootcontext' }), 'mount-fs');
  t.same(mount?.parameters, [`rootcontext=${label}`]);
  const [mask] = stepsOf(made({ 'run.oci.mount_context_type': 'fscontext' }), 'mask-path');
  t.match(mask, { label, context: 'fscontext' });
  t.same(stepsOf(made({}), 'mount-fs')[0]?.parameters, [`context=${label}`]);
  t.same(stepsOf(made({ 'run.oci.mount_context_type': 'fscontext' }, false), 'mount-fs')[0]?.parameters, []);
});

t.test('hooks.stdout, hooks.stderr: one file for all hooks of init', async (t) => {
  const hooks = { createContainer: [{ path: '/a' }, { path: '/b' }], startContainer: [{ path: '/c' }] };
  const made = plan(annotated({ 'run.oci.hooks.stdout': '/log' }, { spec: { hooks } }));
  const slots = made.slots.flatMap((slot, i) =>
    slot.kind === 'hook-file' ? [[i, slot.stream, slot.path, slot.pointer]] : [],
  );
  t.same(slots, [[slots[0]?.[0], 'stdout', '/log', '/annotations/run.oci.hooks.stdout']]);
  t.same(
    stepsOf(made, 'hook').map(({ out, err }) => [out, err]),
    [0, 1, 2].map(() => [slots[0]?.[0], NO_SLOT]),
  );
  t.notOk(plan(annotated({ 'run.oci.hooks.stdout': '/log' })).slots.some(({ kind }) => kind === 'hook-file'));
});

t.test('seccomp_fail_unknown_syscall', async (t) => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' } as const;
  const made = (value: string) =>
    plan(annotated({ 'run.oci.seccomp_fail_unknown_syscall': value }, { linux: { seccomp } })).seccomp?.failUnknown;
  t.equal(made('1'), true);
  t.equal(made('0'), false);
});

const withUnit: CgroupHost = { ...unifiedRoot.cgroup, systemd: { version: 257, controlGroup: '', user: false } };
const unit = (annotations: Record<string, string>, host = withUnit) =>
  planSystemd(
    {
      ociVersion: '1.3.0',
      linux: { cgroupsPath: 'a.slice:p:n', resources: { pids: { limit: 5 } } },
      annotations,
    } as Spec,
    { id: 'id', rootless: false, hostRoot: true },
    host,
  );

t.test('systemd.subgroup: the container is below its unit, with its limits', async (t) => {
  const made = unit({ 'run.oci.systemd.subgroup': 'payload' });
  const directory = '/sys/fs/cgroup/a.slice/p-n.scope/payload';
  t.same(made.paths, { '': directory });
  t.equal(made.operations[0]?.op, 'make');
  t.same(made.systemd?.enter, [`${directory}/cgroup.procs`]);
  t.equal(made.systemd?.below, '/payload');
  t.ok(made.operations.some((one) => one.op === 'write' && one.path === `${directory}/pids.max`));
  t.ok(made.operations.some((one) => one.op === 'enable' && one.path === '/sys/fs/cgroup/a.slice/p-n.scope'));
  for (const value of ['', undefined])
    t.same(unit(value === undefined ? {} : { 'run.oci.systemd.subgroup': value }).paths, {
      '': '/sys/fs/cgroup/a.slice/p-n.scope',
    });
  const hybrid: CgroupHost = { ...hybridRoot.cgroup, systemd: { version: 247, controlGroup: '', user: false } };
  t.match(
    problemsOf(() => unit({ 'run.oci.systemd.subgroup': 'x' }, hybrid)),
    [/^unsupported \/annotations\/run.oci.systemd.subgroup: .*cgroup v2 alone/],
  );
  t.match(plan(annotated({ 'run.oci.systemd.subgroup': 'x' })).warnings, [
    { pointer: '/annotations/run.oci.systemd.subgroup', text: /has no effect/ },
  ]);
});

t.test('delegate-cgroup: init goes below its cgroup once its namespaces are made', async (t) => {
  const linux = {
    namespaces: [{ type: 'user' as const }, { type: 'cgroup' as const }],
    uidMappings: [{ containerID: 0, hostID: 5000, size: 10 }],
  };
  const cgroup = (host: CgroupHost, manager: 'cgroupfs' | 'disabled' = 'cgroupfs') =>
    planCgroup(
      { ociVersion: '1.3.0', linux, annotations: { 'run.oci.delegate-cgroup': '/a/b/' } } as Spec,
      { id: 'id', manager, rootless: false, hostRoot: true },
      host,
    );
  const made = cgroup(unifiedRoot.cgroup);
  const own = made.paths['']!;
  t.match(made.delegate, { enter: `${own}/a/b/cgroup.procs`, make: [{ op: 'make', path: `${own}/a/b` }] });
  t.match(made.delegate?.operations, [
    { op: 'enable', path: own },
    { op: 'enable', path: `${own}/a` },
    { op: 'own', path: `${own}/a/b`, uid: 5000 },
  ]);
  for (const wrong of [() => cgroup(hybridRoot.cgroup), () => cgroup(unifiedRoot.cgroup, 'disabled')])
    t.match(problemsOf(wrong), [/^unsupported \/annotations\/run.oci.delegate-cgroup: /]);
  t.equal(
    unit({ 'run.oci.delegate-cgroup': 'x', 'run.oci.systemd.subgroup': 'y' }).delegate?.enter,
    '/sys/fs/cgroup/a.slice/p-n.scope/y/x/cgroup.procs',
  );
  const steps = plan(annotated({ 'run.oci.delegate-cgroup': 'x' })).steps.map(({ step }) => step);
  t.ok(steps.indexOf('sync') > steps.lastIndexOf('device-node') && steps.indexOf('sync') < steps.indexOf('pivot-root'));
});

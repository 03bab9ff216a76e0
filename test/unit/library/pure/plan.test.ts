/** planBundle, explain and assumeHost of the library. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { writeJson } from '../../../../src/config/json/json-write.js';
import { hostOf } from '../../../../src/library/pure/host.js';
import {
  assumeHost,
  exampleSpec,
  explain,
  type Plan,
  parseConfig,
  planBundle,
  type Spec,
  TsruncError,
} from '../../../../src/library/pure.js';
import { stepTable } from '../../../../src/plan/steps/step-table.js';
import { hybridRoot } from '../../../helpers/plan-hosts.js';

const { spec: everySpec } = parseConfig(readFileSync('test/fixtures/configs/everything.json', 'utf8'));
// What only v2 has; the rest is for v1.
delete everySpec.linux!.resources!.unified;
const everything = writeJson(everySpec);
const host = hostOf(hybridRoot);

t.test('a plan is data that JSON can hold', async (t) => {
  const plan = planBundle(everything, { host });
  t.strictSame(JSON.parse(JSON.stringify(plan)), plan);
  t.ok(plan.steps.length > 40);
  t.strictSame(
    plan.steps.map(({ number }) => number),
    plan.steps.map((_, index) => index),
  );
  const names = new Set(stepTable.map(({ name }) => name));
  for (const { step, pointer, text } of plan.steps) {
    t.ok(names.has(step) && text !== '', `${step}: ${text}`);
    t.ok(pointer === '' || pointer.startsWith('/'), pointer);
  }
});

t.test('steps, slots and what is done to cgroups are unions', async (t) => {
  const plan: Plan = planBundle(everything, { host });
  for (const step of plan.steps) {
    if (step.step === 'hostname') t.equal(step.fields.name, parseConfig(everything).spec.hostname);
    if (step.step === 'capabilities') t.type(step.fields.effective, Array);
    if (step.step === 'rlimit') t.match(String(step.fields.hard), /^\d+$/);
  }
  const files = plan.cgroup.operations.flatMap((action) => (action.op === 'write' ? [action.path] : []));
  t.ok(files.some((path) => path.endsWith('/memory.limit_in_bytes')));
  t.ok(plan.slots.some((slot) => slot.kind === 'start-fifo'));
  t.equal(plan.seccomp?.pointer, '/linux/seccomp');
});

t.test('an explanation has every action in order, and the text of the command', async (t) => {
  const { actions, text, warnings } = explain(everything, { id: 'box', host });
  t.strictSame(
    actions.map(({ number }) => number),
    actions.map((_, index) => index + 1),
  );
  t.same(new Set(actions.map(({ actor }) => actor)), new Set(['runtime', 'init']));
  for (const { text: line } of actions) t.ok(text.includes(line), line);
  for (const { severity, pointer, position, message } of warnings) {
    t.equal(severity, 'warning');
    if (pointer !== '') t.type(position?.line, 'number');
    t.ok(text.includes(message), message);
  }
  t.match(explain(everything, { host: { ...host, boundingCapabilities: [] } }).warnings.length, 2);
  t.equal(explain(everySpec, { host }).actions.length, actions.length, 'of a value too');
});

t.test('the host decides', async (t) => {
  t.match(assumeHost({ uid: 1000 }), { uid: 1000, gid: 1000, rootless: true, cgroups: { mode: 'unified' } });
  t.match(assumeHost({ uid: 1000, rootless: false, gid: 5 }), { gid: 5, rootless: false });
  const rootless = exampleSpec({ rootless: true });
  t.ok(planBundle(rootless, { host: { uid: 1000 } }).idMaps);
  const small = { host: { boundingCapabilities: ['CAP_KILL'] } };
  t.match(explain(exampleSpec(), small).warnings, [{ pointer: /capabilities/, message: /CAP_AUDIT_WRITE/ }, {}]);
  const v1 = assumeHost({
    cgroups: {
      mode: 'legacy',
      controllers: [{ name: 'memory', mountPoint: '/sys/fs/cgroup/memory', root: '/', self: '/' }],
    },
  });
  const limited: Spec = {
    ...exampleSpec(),
    linux: { namespaces: [{ type: 'uts' }, { type: 'mount' }], resources: { memory: { limit: 1 << 20 } } },
  };
  t.match(planBundle(limited, { host: v1 }).cgroup.operations.at(-1), { op: 'write', path: /memory\.limit_in_bytes$/ });
  t.throws(() => planBundle(limited, { host: { cgroups: { mode: 'none', controllers: [] } } }), {
    code: 'unsupported',
    fields: { problems: [{ pointer: '/linux/resources/memory/limit' }, { pointer: '/mounts/6' }] },
  });
});

t.test('options', async (t) => {
  const spec = exampleSpec();
  const roots = (options: object) => planBundle(spec, options).steps.find(({ step }) => step === 'open-root');
  t.match(roots({}), { fields: { path: '/bundle/rootfs' } });
  t.match(roots({ bundle: '/srv//web/' }), { fields: { path: '/srv/web/rootfs' } });
  t.ok(planBundle(spec, { noPivot: true }).steps.some(({ step }) => step === 'move-root'));
  t.notOk(planBundle(spec, { noNewKeyring: true }).steps.some(({ step }) => step === 'session-keyring'));
  t.equal(planBundle(spec, { cgroupManager: 'disabled' }).cgroup.manager, 'none');
  const systemd = { version: 257, controlGroup: '', user: false };
  const unit = planBundle(spec, {
    id: 'web',
    cgroupManager: 'systemd',
    host: { cgroups: { ...assumeHost().cgroups, systemd } },
  }).cgroup.systemd;
  t.match(unit, { unit: 'tsrunc-web.scope', kind: 'scope' });
  for (const options of [{ id: 'a/b' }, { bundle: 'here' }, { cgroupManager: 'systemd' }] as const)
    t.throws(() => planBundle(spec, options), { code: 'usage' }, JSON.stringify(options));
});

t.test('what the host cannot do, with pointer and position', async (t) => {
  const text = JSON.stringify(
    { ...exampleSpec(), linux: { namespaces: [{ type: 'time' }, { type: 'uts' }, { type: 'mount' }] } },
    null,
    2,
  );
  const old = { namespaces: ['mnt', 'uts'] };
  let error: unknown;
  try {
    planBundle(text, { host: old, file: 'web.json' });
  } catch (caught) {
    error = caught;
  }
  t.ok(error instanceof TsruncError);
  t.match(error, {
    code: 'unsupported',
    fields: { pointer: /^\/linux\/namespaces\/0/, file: 'web.json', position: { line: Number } },
  });
  t.throws(() => planBundle({ ociVersion: '1.3.0', root: { path: 'rootfs' } }), {
    code: 'config',
    fields: { pointer: '/process' },
  });
  t.throws(() => planBundle({ ...exampleSpec(), root: { path: '' } }), {
    code: 'config',
    fields: { pointer: '/root/path' },
  });
  t.throws(() => planBundle('{'), { code: 'config' });
  const unread = { ...exampleSpec(), hostname: '' as never, mounts: 5 as never };
  t.throws(
    () => planBundle(unread),
    { code: 'config', message: /^\/mounts: is the number 5/ },
    'a value has no places',
  );
});

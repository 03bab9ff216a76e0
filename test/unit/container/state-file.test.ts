import t from 'tap';
import { type StateFile, stateProblem } from '../../../src/container/state/state-schema.js';

/** With every member that there is. */
const state: StateFile = {
  version: 2,
  id: 'c1',
  ociVersion: '1.3.0',
  pid: 42,
  startTime: 4711,
  phase: 'created',
  bundle: '/b',
  rootfs: '/b/rootfs',
  created: '2026-01-01T00:00:00.000000000Z',
  annotations: { a: 'b' },
  owner: 0,
  sharedPids: false,
  cgroup: {
    paths: { cpu: '/sys/fs/cgroup/cpu/c1' },
    made: ['/sys/fs/cgroup/cpu/c1'],
    mark: 'made 25:4711 2026-01-01T00:00:00.000000000Z /run/tsrunc/c1',
    unmarked: false,
    weak: { directory: '25:4712' },
    systemd: { unit: 'tsrunc-c1.scope', user: false, below: '/below' },
  },
  intelRdt: '',
  notify: false,
  stdio: ['pipe:[1]', '', ''],
  hooks: { poststart: [{ path: '/bin/true', args: ['true'], env: ['A=b'], timeout: 1 }], poststop: [] },
  laterSteps: [{ index: 9, step: 'exec', from: '/process/args', about: 'sh' }],
};

/** A small change of the document: what is done at which place. */
interface Mutation {
  readonly pointer: string;
  readonly change: 'removed' | 'more' | { readonly to: unknown; readonly instead: unknown };
  readonly document: unknown;
}

/** Every way to change one value of the document: removed, of another type, and objects with one key more. */
function* mutations(value: unknown, pointer: string, rebuild: (value: unknown) => unknown): Generator<Mutation> {
  for (const to of [null, 'text', -1, 0.5, true, [], {}, 7])
    yield { pointer, change: { to, instead: value }, document: rebuild(to) };
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries())
      yield* mutations(item, `${pointer}/${i}`, (other) => rebuild(value.map((old, j) => (j === i ? other : old))));
  } else if (typeof value === 'object' && value !== null) {
    yield { pointer, change: 'more', document: rebuild({ ...value, more: 1 }) };
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield { pointer: `${pointer}/${key}`, change: 'removed', document: rebuild(rest) };
      yield* mutations(item, `${pointer}/${key}`, (other) => rebuild({ ...value, [key]: other }));
    }
  }
}

const records = ['/annotations', '/cgroup/paths', '/cgroup/weak'];
const optional =
  /^\/(stdio|cgroup\/(made|mark|unmarked|weak|systemd|systemd\/below)|hooks\/poststart\/0\/(args|env|timeout))$/;

/** Whether the document is as right afterwards as before. */
function isHarmless({ pointer, change }: Mutation): boolean {
  if (change === 'more') return false;
  if (change === 'removed') return optional.test(pointer) || records.some((record) => pointer.startsWith(`${record}/`));
  const { to, instead } = change;
  if (pointer === '/version' || pointer === '/phase') return to === instead;
  if (pointer.endsWith('/timeout')) return typeof to === 'number';
  if (Array.isArray(instead)) return Array.isArray(to);
  if (typeof instead === 'object')
    return records.includes(pointer) && typeof to === 'object' && !Array.isArray(to) && !!to;
  return typeof instead === 'number' ? to === 7 : typeof to === typeof instead;
}

t.test('every small mistake is found, and told by its place', async (t) => {
  t.equal(stateProblem(state), undefined);
  let count = 0;
  for (const mutation of mutations(state, '', (value) => value)) {
    const { pointer, change, document } = mutation;
    const problem = stateProblem(document);
    const told = `${pointer} ${JSON.stringify(change)}: ${problem}`;
    if (isHarmless(mutation)) {
      if (problem !== undefined) t.fail(`refused: ${told}`);
    } else if (!problem?.startsWith(pointer)) t.fail(told);
    count++;
  }
  t.ok(count > 400, `${count} documents`);
});

t.test('the problem names its place', async (t) => {
  t.equal(stateProblem({ ...state, pid: '42' }), '/pid is not a whole number from 0 on');
  t.equal(stateProblem({ ...state, extra: 1 }), '/extra is unknown');
  t.equal(stateProblem({ ...state, phase: 'gone' }), '/phase is none of creating, created, running');
  t.equal(stateProblem([]), 'the document is not an object');
});

t.test('a file of version 1, with all that it made, is read as well', async (t) => {
  t.equal(stateProblem({ ...state, version: 1 }), undefined);
  const { made: _, ...cgroup } = state.cgroup;
  t.equal(stateProblem({ ...state, version: 1, cgroup }), '/cgroup/made is missing');
  for (const version of [0, 3, '1']) t.equal(stateProblem({ ...state, version }), '/version is none of 1, 2');
});

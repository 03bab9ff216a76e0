import t from 'tap';
import { stateProblem } from '../../src/container/state/state-check.js';
import { type StateFile, stateSchema } from '../../src/container/state/state-schema.js';

const state: StateFile = {
  version: 1,
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
  cgroup: { paths: { '': '/sys/fs/cgroup/c1' }, made: ['/sys/fs/cgroup/c1'] },
  intelRdt: '',
  notify: false,
  hooks: { poststart: [{ path: '/bin/true', args: ['true'], env: ['A=b'], timeout: 1 }], poststop: [] },
  laterSteps: [{ index: 9, step: 'exec', from: '/process/args', about: 'sh' }],
};

/** Every way to break one value of the document: removed, of another type, and objects with one key more. */
function* mutations(value: unknown, rebuild: (value: unknown) => unknown): Generator<unknown> {
  for (const wrong of [null, 'text', -1, 0.5, true, [], {}, 7]) yield rebuild(wrong);
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      yield* mutations(item, (other) => rebuild(value.map((old, j) => (j === i ? other : old))));
    }
  } else if (typeof value === 'object' && value !== null) {
    yield rebuild({ ...value, more: 1 });
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield rebuild(rest);
      yield* mutations(item, (other) => rebuild({ ...value, [key]: other }));
    }
  }
}

t.test('the checker of the commands and the published schema agree on every small mistake', async (t) => {
  t.equal(stateProblem(state), undefined);
  t.ok(stateSchema.safeParse(state).success);
  let count = 0;
  for (const broken of mutations(state, (value) => value)) {
    const ours = stateProblem(broken) === undefined;
    const theirs = stateSchema.safeParse(broken).success;
    if (ours !== theirs) t.fail(`${JSON.stringify(broken)}: checker says ${ours}, schema ${theirs}`);
    count++;
  }
  t.ok(count > 300, `${count} documents`);
});

t.test('the problem names its place', async (t) => {
  t.equal(stateProblem({ ...state, pid: '42' }), '/pid is not a whole number from 0 on');
  t.equal(stateProblem({ ...state, extra: 1 }), '/extra is unknown');
  t.equal(stateProblem({ ...state, phase: 'gone' }), '/phase is none of creating, created, running');
  t.equal(stateProblem([]), 'the document is not an object');
});

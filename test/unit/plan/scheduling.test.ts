import t from 'tap';
import { formatList, listBits } from '../../../src/plan/process/cpu-mask.js';
import { newOnes, plan, problemsOf, specWith, stepsOf } from '../../helpers/plan-helpers.js';

t.test('lists of CPUs and nodes', (t) => {
  t.same([...listBits('0-3,8')!], [0x0f, 1, 0, 0, 0, 0, 0, 0]);
  t.equal(listBits('64')?.length, 16);
  t.same(listBits(''), new Uint8Array());
  for (const text of ['3-1', 'a', '1,,2', '9999999', '0-8192']) t.equal(listBits(text), undefined, text);
  t.equal(formatList(listBits('0,2-5,7,64')!), '0,2-5,7,64');
  t.equal(formatList(new Uint8Array(8)), '');
  t.end();
});

t.test('scheduler', (t) => {
  const of = (scheduler: { policy: string; flags?: string[] }) =>
    stepsOf(plan(specWith({ process: { scheduler } })), 'scheduler')[0];
  t.match(of({ policy: 'SCHED_OTHER' }), { policy: 0, nice: 0, priority: 0, flags: 0n, runtime: 0n });
  const deadline = {
    policy: 'SCHED_DEADLINE',
    runtime: 10n,
    deadline: 20,
    period: 30,
    flags: ['SCHED_FLAG_RECLAIM', 'SCHED_FLAG_DL_OVERRUN'],
  };
  t.match(of(deadline), { policy: 6, flags: 6n, runtime: 10n, deadline: 20n, period: 30n });
  t.match(
    problemsOf(() => of({ policy: 'SCHED_X' })),
    [/process\/scheduler\/policy/],
  );
  t.match(
    problemsOf(() => of({ policy: 'SCHED_FIFO', flags: ['X'] })),
    [/process\/scheduler\/flags\/0/],
  );
  t.end();
});

t.test('I/O priority', (t) => {
  const made = plan(specWith({ process: { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 } } }));
  t.match(stepsOf(made, 'io-priority'), [{ value: 0x4004, pointer: '/process/ioPriority' }]);
  t.end();
});

t.test('personality', (t) => {
  const of = (personality: { domain: string; flags?: string[] }) =>
    stepsOf(plan(specWith({ linux: { namespaces: newOnes('mount'), personality } })), 'personality');
  t.match(of({ domain: 'LINUX32' }), [{ value: 8 }]);
  t.match(of({ domain: 'LINUX' }), [{ value: 0 }]);
  t.match(
    problemsOf(() => of({ domain: 'LINUX', flags: ['X'] })),
    [/^unsupported \/linux\/personality\/flags/],
  );
  t.end();
});

t.test('memory policy', (t) => {
  const of = (memoryPolicy: { mode: string; nodes?: string; flags?: string[] }) =>
    stepsOf(plan(specWith({ linux: { namespaces: newOnes('mount'), memoryPolicy } })), 'memory-policy')[0];
  const step = of({ mode: 'MPOL_BIND', nodes: '0,2', flags: ['MPOL_F_STATIC_NODES'] });
  t.equal(step?.mode, 2 | (1 << 15));
  t.same([...step!.nodes], [5, 0, 0, 0, 0, 0, 0, 0]);
  t.equal(of({ mode: 'MPOL_DEFAULT' })?.nodes.length, 0);
  t.match(
    problemsOf(() => of({ mode: 'X' })),
    [/memoryPolicy\/mode/],
  );
  t.match(
    problemsOf(() => of({ mode: 'MPOL_BIND', nodes: 'x', flags: ['Y'] })),
    [/memoryPolicy\/flags\/0/, /memoryPolicy\/nodes/],
  );
  t.end();
});

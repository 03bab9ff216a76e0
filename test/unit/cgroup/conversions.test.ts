import t from 'tap';
import { cpuWeight } from '../../../src/cgroup/plan/cpu-weight.js';
import { ioWeight } from '../../../src/cgroup/plan/io-weight.js';
import { swapMax } from '../../../src/cgroup/plan/memory-swap.js';

t.test('cpu.weight goes through the defaults and the ends of both ranges', async (t) => {
  const pairs: [number | bigint, number][] = [
    [0, 0],
    [1, 1],
    [2, 1],
    [1024, 100],
    [262144, 10000],
    [1000000n, 10000],
  ];
  for (const [shares, weight] of pairs) t.equal(cpuWeight(shares), weight, String(shares));
  let last = 0;
  for (let shares = 2; shares <= 262144; shares += 37) {
    const weight = cpuWeight(shares);
    if (weight < last) t.fail(`falls at ${shares}`);
    last = weight;
  }
});

t.test('io.weight is a straight line', async (t) => {
  t.equal(ioWeight(0), 0);
  t.equal(ioWeight(10), 1);
  t.equal(ioWeight(500), 4950);
  t.equal(ioWeight(1000), 10000);
});

t.test('memory.swap.max is swap without memory', async (t) => {
  t.equal(swapMax(undefined, undefined, ''), undefined);
  t.equal(swapMax(100, 0, ''), undefined);
  t.equal(swapMax(100, 300, ''), '200');
  t.equal(swapMax(100, 100, ''), '0');
  t.equal(swapMax(2n ** 60n, 2n ** 60n + 1n, ''), '1');
  t.equal(swapMax(100, -1, ''), 'max');
  t.equal(swapMax(-1, undefined, ''), 'max');
  t.throws(() => swapMax(undefined, 100, '/m/swap'), { code: 'config', fields: { pointer: '/m/swap' } });
  t.throws(() => swapMax(-1, 100, '/m/swap'), { code: 'config' });
  t.throws(() => swapMax(200, 100, '/m/swap'), { code: 'config' });
});

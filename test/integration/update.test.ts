import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Resources } from '../../src/config/spec.js';
import { cgroupDirectory } from '../helpers/cgroup-directory.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const v1 = needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 hierarchies');

/** A sleeping container; `file` reads one of its cgroup files, `update` changes its limits. */
function limited(resources: Resources = {}) {
  const { id } = box.started((config) => (config.linux.resources = resources));
  const { pid } = box.state(id);
  const file = (name: string) => readFileSync(join(cgroupDirectory(pid, name.split('.')[0]!), name), 'utf8').trim();
  return { id, pid, file, update: (...args: string[]) => box.call(['update', ...args, id]) };
}

t.test('memory and swap, up and down', { skip: skipIf(v1) }, async (t) => {
  const { file, update } = limited({ memory: { limit: 67108864, swap: 134217728 } });
  const now = () => [file('memory.limit_in_bytes'), file('memory.memsw.limit_in_bytes')];
  const raised = update('--memory', '256M', '--memory-swap', '512M');
  t.equal(raised.status, 0, raised.stderr);
  t.equal(raised.stdout + raised.stderr, '');
  t.strictSame(now(), ['268435456', '536870912']);
  t.equal(update('--memory', '32M', '--memory-swap', '48M').status, 0);
  t.strictSame(now(), ['33554432', '50331648']);
  t.equal(update('--memory', '40M').status, 0, 'memory alone keeps swap');
  t.strictSame(now(), ['41943040', '50331648']);
  t.equal(update('--memory-reservation', '20m').status, 0);
  t.equal(file('memory.soft_limit_in_bytes'), '20971520');
  t.equal(update('--memory', '-1').status, 0);
  t.strictSame(now(), ['9223372036854771712', '9223372036854771712'], 'no limit of memory is none of swap');
});

t.test(
  'memory above the limit of memory and swap is refused',
  { skip: skipIf(v1, tsruncOnly('its words')) },
  async (t) => {
    const { file, update } = limited({ memory: { limit: 33554432, swap: 67108864 } });
    const result = update('--memory', '1G');
    t.equal(result.status, 1);
    t.match(result.stderr, /--memory: .*memory and swap/);
    t.equal(file('memory.limit_in_bytes'), '33554432');
  },
);

t.test('a limit below what is in use', { skip: skipIf(v1) }, async (t) => {
  const { file, update } = limited({ memory: { limit: 33554432 } });
  const result = update('--memory', '1k');
  t.equal(result.status, 1);
  t.match(result.stderr, /unable to set memory limit.*\(current usage: \d+, peak usage: \d+\)/);
  t.equal(file('memory.limit_in_bytes'), '33554432');
});

t.test('checkBeforeUpdate: a limit below what is in use', { skip: skipIf() }, async (t) => {
  const { id, pid } = limited();
  const changes = { memory: { limit: 4096, checkBeforeUpdate: true } };
  const result = box.call(['update', '--resources', '-', id], { input: JSON.stringify(changes) });
  t.equal(result.status, 1);
  t.match(result.stderr, /memory limit/);
  t.equal(box.state(id).pid, pid, 'nothing was killed to make room');
});

t.test('cpu', { skip: skipIf(v1) }, async (t) => {
  const { file, update } = limited({ cpu: { shares: 1024 } });
  t.equal(update('--cpu-quota', '20000').status, 0);
  t.strictSame([file('cpu.cfs_quota_us'), file('cpu.cfs_period_us')], ['20000', '100000']);
  t.equal(update('--cpu-period', '50000').status, 0);
  t.strictSame([file('cpu.cfs_quota_us'), file('cpu.cfs_period_us')], ['20000', '50000']);
  t.equal(update('--cpu-share', '100', '--cpuset-cpus', '0', '--cpuset-mems', '0').status, 0);
  t.strictSame([file('cpu.shares'), file('cpuset.cpus'), file('cpuset.mems')], ['100', '0', '0']);
  t.equal(update('--cpu-quota', '-1').status, 0);
  t.equal(file('cpu.cfs_quota_us'), '-1');
});

t.test(
  'cpu-burst and cpu-idle',
  { skip: skipIf(v1, needsFile('/sys/fs/cgroup/cpu/cpu.idle'), differs({ runc: 'came with 1.2' })) },
  async (t) => {
    const { file, update } = limited({ cpu: { shares: 500, quota: 20000 } });
    t.equal(update('--cpu-burst', '10000').status, 0);
    t.equal(file('cpu.cfs_burst_us'), '10000');
    t.equal(update('--cpu-quota', '40000', '--cpu-burst', '30000').status, 0);
    t.equal(file('cpu.cfs_burst_us'), '30000');
    t.equal(update('--cpu-idle', '1').status, 0);
    t.equal(file('cpu.idle'), '1');
    t.equal(update('--cpu-idle', '0', '--cpu-share', '300').status, 0);
    t.strictSame([file('cpu.idle'), file('cpu.shares')], ['0', '300']);
  },
);

t.test('pids', { skip: skipIf(v1) }, async (t) => {
  const { file, update } = limited({ pids: { limit: 10 } });
  t.equal(update('--pids-limit', '20').status, 0);
  t.equal(file('pids.max'), '20');
  t.equal(update('--pids-limit', '-1').status, 0);
  t.equal(file('pids.max'), 'max');
});

t.test('resources from standard input and from a file, which override options', { skip: skipIf(v1) }, async (t) => {
  const { id, file, update } = limited({ pids: { limit: 10 } });
  const text = JSON.stringify({
    memory: { limit: 67108864 },
    cpu: { shares: 77 },
    pids: { limit: 30 },
    devices: [{ allow: true, access: 'rwm' }],
  });
  const devices = file('devices.list');
  const result = box.call(['update', '--resources=-', '--pids-limit', '5', id], { input: text });
  t.equal(result.status, 0, result.stderr);
  t.strictSame([file('memory.limit_in_bytes'), file('cpu.shares'), file('pids.max')], ['67108864', '77', '30']);
  t.equal(file('devices.list'), devices, 'device rules are not touched');
  const path = join(box.directory(), 'limits.json');
  writeFileSync(path, JSON.stringify({ pids: { limit: 40 } }));
  t.equal(update('-r', path).status, 0);
  t.equal(file('pids.max'), '40');
  t.equal(file('cpu.shares'), '77', 'what is not in the file stays');
});

t.test('mistakes name the file and the field', { skip: skipIf(v1, tsruncOnly('its words')) }, async (t) => {
  const { id, file } = limited({ pids: { limit: 10 } });
  const wrong = (resources: unknown) =>
    box.call(['update', '-r', '-', id], {
      input: typeof resources === 'string' ? resources : JSON.stringify(resources),
    });
  t.match(wrong({ cpu: { quota: 'x' } }), { status: 1, stderr: /standard input:1:\d+: \/cpu\/quota: / });
  t.match(wrong('{"pids":'), { status: 1, stderr: /standard input:1:/ });
  t.match(wrong({ cpu: { cpus: '4000' }, pids: { limit: 5 } }), { status: 1, stderr: /standard input: \/cpu\/cpus: / });
  t.match(wrong({ unified: { 'nope.max': '1' } }), { status: 1, stderr: /\/unified/ });
  t.equal(file('pids.max'), '10', 'nothing was changed');
  t.match(box.call(['update', '--resources', '/nonexistent', id]), { status: 1, stderr: /no such file or directory/ });
});

t.test('all of it or none', { skip: skipIf(v1, tsruncOnly('runc leaves what was written')) }, async (t) => {
  const { file, update } = limited({ pids: { limit: 10 }, memory: { limit: 67108864 }, cpu: { shares: 500 } });
  const result = update('--cpu-share', '100', '--pids-limit', '20', '--memory', '1k');
  t.match(result, { status: 1, stderr: /--memory: / });
  t.strictSame([file('cpu.shares'), file('pids.max'), file('memory.limit_in_bytes')], ['500', '10', '67108864']);
});

t.test('a paused container can be updated and stays paused', { skip: skipIf(v1) }, async (t) => {
  const { id, file, update } = limited({ pids: { limit: 10 } });
  box.call(['pause', id]);
  t.equal(update('--pids-limit', '20').status, 0);
  t.equal(file('pids.max'), '20');
  t.equal(box.state(id).status, 'paused');
  box.call(['resume', id]);
});

t.test('a stopped or unknown container; options that are wrong', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  t.match(box.call(['update', '--memory', '1x', id]), {
    status: 1,
    stderr: /invalid value for memory: invalid size: '1x'/,
  });
  t.match(box.call(['update', '--cpu-quota', 'x', id]), { status: 1, stderr: /invalid value for cpu-quota: / });
  t.equal(box.call(['update', id]).status, 0, 'nothing to change');
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  t.match(box.call(['update', '--pids-limit', '5', id]), { status: 1, stderr: /container not running/ });
  t.match(box.call(['update', '--pids-limit', '5', 'unknown']), { status: 1, stderr: /container does not exist/ });
});

box.end(t);

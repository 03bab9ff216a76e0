/** process.scheduler as the kernel has it: the policies for real time, their times and flags. */
import t from 'tap';
import type { Scheduler } from '../../src/config/spec.js';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { schedulingOf } from '../helpers/scheduling.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const needsRealTime = needsFile('/sys/fs/cgroup/cpu/cpu.rt_runtime_us', 'CONFIG_RT_GROUP_SCHED and cgroup v1');
const news = differs({ runc: 'came with 1.2' });

/** Only in a cgroup with a share of real time (CONFIG_RT_GROUP_SCHED) may a process have SCHED_FIFO or SCHED_RR. */
function shareOfRealTime(config: TestConfig): void {
  config.linux.resources = { cpu: { realtimeRuntime: 20_000, realtimePeriod: 500_000 } };
}

/** How the process of a container with this scheduler is scheduled. */
function scheduled(scheduler: Scheduler, change: (config: TestConfig) => void = () => {}) {
  const { id } = box.started((config) => {
    config.process.scheduler = scheduler;
    change(config);
  });
  return schedulingOf(box.state(id).pid);
}

t.test('priority, and what becomes of children', { skip: skipIf(news, needsRealTime) }, async (t) => {
  const fifo = scheduled({ policy: 'SCHED_FIFO', priority: 17, flags: ['SCHED_FLAG_RESET_ON_FORK'] }, shareOfRealTime);
  t.match(fifo, { policy: 1, priority: 17, flags: 1 });
  t.match(scheduled({ policy: 'SCHED_RR', priority: 3 }, shareOfRealTime), { policy: 2, priority: 3, flags: 0 });
});

t.test('runtime, deadline and period', { skip: skipIf(news) }, async (t) => {
  const times = { runtime: 1_000_000, deadline: 20_000_000, period: 50_000_000 };
  t.match(scheduled({ policy: 'SCHED_DEADLINE', ...times, flags: ['SCHED_FLAG_RECLAIM', 'SCHED_FLAG_DL_OVERRUN'] }), {
    policy: 6,
    ...times,
    flags: 2 | 4,
  });
});

t.test('SCHED_IDLE and SCHED_BATCH', { skip: skipIf(news) }, async (t) => {
  t.match(scheduled({ policy: 'SCHED_IDLE' }), { policy: 5 });
  t.match(scheduled({ policy: 'SCHED_BATCH', nice: 3 }), { policy: 3, nice: 3 });
  t.match(scheduled({ policy: 'SCHED_OTHER', nice: -4 }), { policy: 0, nice: -4 });
});

box.end(t);

import { execute } from './runtime.js';

/** What sched_getattr(2) tells of a process; times are nanoseconds. */
export interface Scheduling {
  policy: number;
  flags: number;
  nice: number;
  priority: number;
  runtime: number;
  deadline: number;
  period: number;
}

const SCHED_GETATTR = process.arch === 'arm64' ? 275 : 315;
const program = `
import ctypes, json, struct, sys
attributes = ctypes.create_string_buffer(48)
if ctypes.CDLL(None, use_errno=True).syscall(${SCHED_GETATTR}, int(sys.argv[1]), attributes, 48, 0):
    sys.exit(f'sched_getattr: errno {ctypes.get_errno()}')
names = ['policy', 'flags', 'nice', 'priority', 'runtime', 'deadline', 'period']
print(json.dumps(dict(zip(names, struct.unpack_from('=IQiIQQQ', attributes, 4)))))
`;

/** How the kernel schedules a process of this machine. */
export function schedulingOf(pid: number): Scheduling {
  const { status, stdout, stderr } = execute(['python3', '-c', program, String(pid)]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Scheduling;
}

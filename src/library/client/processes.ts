/** Processes of the machine, as /proc tells them. Only those that descend from a command of ours are ever touched. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The children of a process, the oldest first; none when it has ended. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
      return list.split(' ').filter(Boolean).map(Number);
    });
  } catch {
    // It has ended, or the kernel was built without CONFIG_PROC_CHILDREN.
    return existsSync(`/proc/self/task/${process.pid}/children`) ? [] : childrenBySearch(pid);
  }
}

function childrenBySearch(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((child) => {
    try {
      // After the name, which may hold any character: the state, then the parent (proc_pid_stat(5)).
      const stat = readFileSync(`/proc/${child}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(pid);
    } catch {
      return false;
    }
  });
}

/** Parents before their children. A list and no recursion: a container decides how deep its processes are. */
function descendantsOf(pid: number): number[] {
  const found = childrenOf(pid);
  for (let i = 0; i < found.length; i++) for (const child of childrenOf(found[i]!)) found.push(child);
  return found;
}

/**
 * Sends SIGKILL to all that descend from a process which we haven't waited for yet, so that its pid is still its own.
 * @returns whether there were any
 */
export function killDescendants(pid: number): boolean {
  // The innermost first: as long as its parent lives, the pid of a process stays its own.
  return (
    descendantsOf(pid)
      .reverse()
      .filter((one) => sendSignal(one, 'SIGKILL')).length > 0
  );
}

/** Kills a command of ours and all that descends from it. It is stopped first, so that it makes no more children meanwhile. */
export function killCommand(child: ChildProcess): void {
  if (child.pid === undefined) return;
  child.kill('SIGSTOP');
  try {
    killDescendants(child.pid);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Sends a signal. @returns false when the process has ended or is not ours to signal */
export function sendSignal(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

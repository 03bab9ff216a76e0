/** Commands that do something and end: all but those that stay for a process. */
import { type AbortOptions, onAbort } from './abort.js';
import type { Settings } from './client-settings.js';
import { Command } from './command.js';
import { killCommand } from './processes.js';
import { Scratch } from './scratch.js';

/** What a command that succeeded has written. */
export interface Answer {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

/** What is performed. */
export interface Task extends AbortOptions {
  /** The words from the command on. */
  readonly args: readonly string[];
  /** A text that the command reads as a file: its path is the value of this option, which comes after the command's name. */
  readonly file?: { readonly option: string; readonly text: string };
}

/**
 * Runs a command of the runtime to its end. It has no stdin. What it writes goes to files, so that nothing it leaves behind, such as
 * the child of a hook, can keep us waiting for the end of a pipe.
 * @throws RuntimeError when it fails; the signal's reason when it is aborted
 */
export async function perform(settings: Settings, task: Task): Promise<Answer> {
  const { signal, file } = task;
  signal?.throwIfAborted();
  const [name = '', ...rest] = task.args;
  const stdout = new Scratch();
  const stderr = new Scratch();
  try {
    const command = new Command(settings, {
      name,
      args: (fd) => [name, ...(file ? [file.option, `/proc/self/fd/${fd}`] : []), ...rest],
      stdio: ['ignore', stdout.fd, stderr.fd],
      scratches: file ? [new Scratch(file.text)] : [],
    });
    const abort = onAbort(signal, () => killCommand(command.child));
    try {
      const ending = await command.ended;
      signal?.throwIfAborted();
      if (ending.status !== 0) throw command.failure(ending, stderr.read());
      return { argv: command.argv, stdout: stdout.read(), stderr: stderr.read() };
    } finally {
      abort.stop();
    }
  } finally {
    stdout.close();
    stderr.close();
  }
}

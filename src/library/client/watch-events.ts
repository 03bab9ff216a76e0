/** `events`: what happens to a container, as it happens. */
import { createInterface } from 'node:readline';
import { onAbort } from './abort.js';
import type { ContainerEvent } from './answers/answers.js';
import { checkAnswer } from './answers/check-answer.js';
import { idWord } from './arguments.js';
import type { Settings } from './client-settings.js';
import { Command } from './command.js';
import type { EventsOptions } from './options.js';
import { Scratch } from './scratch.js';

/**
 * The events of a container until it ends. Leaving the loop ends the command.
 * @throws RuntimeError when it fails, or the runtime has no such command; the signal's reason when it is aborted
 */
export async function* watchEvents(
  settings: Settings,
  id: string,
  options: EventsOptions,
): AsyncGenerator<ContainerEvent> {
  const { interval = 5000, signal } = options;
  signal?.throwIfAborted();
  const name = idWord(id);
  const stderr = new Scratch();
  try {
    const command = new Command(settings, {
      name: 'events',
      args: () => ['events', '--interval', `${interval}ms`, name],
      stdio: ['ignore', 'pipe', stderr.fd],
    });
    const abort = onAbort(signal, () => command.child.kill('SIGKILL'));
    try {
      if (command.stdout) {
        for await (const line of createInterface({ input: command.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
          if (signal?.aborted) break;
          if (line.trim() !== '') yield await checkAnswer('event', line, command.argv);
        }
      }
      const ending = await command.ended;
      signal?.throwIfAborted();
      if (ending.status !== 0) throw command.failure(ending, stderr.read());
    } finally {
      abort.stop();
      command.child.kill('SIGKILL');
      command.stdout?.destroy();
      await command.ended;
    }
  } finally {
    stderr.close();
  }
}

/** Terminals: of the container's own, and the caller's. */
import { equal, match, notEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Case } from '../../engines/guest/case.js';
import { inTerminal, until } from '../../engines/guest/command.js';
import type { Box, Config } from './box.js';

const echo = 'echo ready; stty size; while read -r line; do [ "$line" = end ] && exit 3; echo "got $line"; done';

/** Takes the terminal that comes to a console socket, types `input`; `output` gives what came out once it is closed. */
async function receiver(box: Box, input: string): Promise<{ socket: string; output: Promise<string> }> {
  const socket = join(box.context.directory, box.name());
  const child = spawn('python3', ['/usr/local/lib/engines/unix-receiver.py', socket, 'console', input], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  box.atEnd(() => child.kill('SIGKILL'));
  let listening = () => {};
  const listens = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const output = new Promise<string>((resolve) => {
    let last = '';
    createInterface({ input: child.stdout })
      .on('line', (line) => {
        const told = JSON.parse(line) as { listening?: boolean; output?: string };
        if (told.listening) listening();
        last = told.output ?? last;
      })
      .on('close', () => resolve(last));
  });
  await listens;
  return { socket, output };
}

const running = async (box: Box, id: string) =>
  await until(`${id} running`, box.signal, async () => {
    const { stdout } = await box.call('state', id);
    return stdout.includes('"running"') ? true : undefined;
  });

export const terminalCases: readonly Case<Box>[] = [
  {
    name: 'a terminal of its own: to the console socket again, with its size and mode',
    async show(box) {
      const bundle = await box.bundle((config) => {
        config.process.terminal = true;
        config.process.consoleSize = { height: 33, width: 99 };
        config.process.args = ['sh', '-c', `stty -echo; ${echo}`];
      });
      const container = box.container(bundle);
      const first = await receiver(box, 'one\n');
      await box.detached('run', '--detach', '--console-socket', first.socket, '--bundle', bundle, container.id);
      // Until it waits for another line.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const images = await container.dump();
      match(await first.output, /ready\r\n33 99\r\n/);
      const second = await receiver(box, 'two\nend\n');
      await box.restore(container.id, bundle, images, '--console-socket', second.socket);
      equal(await second.output, 'got two\r\n');
    },
  },
  {
    name: 'a terminal of its own: restored in the foreground of another terminal',
    async show(box) {
      const bundle = await box.bundle((config) => {
        config.process.terminal = true;
        config.process.args = ['sh', '-c', echo];
      });
      const container = box.container(bundle);
      const first = await receiver(box, 'one\n');
      await box.detached('run', '--detach', '--console-socket', first.socket, '--bundle', bundle, container.id);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const images = await container.dump();
      const words = box.words('restore', '--bundle', bundle, '--image-path', images, container.id);
      const { status, output } = await inTerminal(words, [
        ['send', 'two\n'],
        ['expect', 'got two'],
        ['send', 'end\n'],
      ]);
      match(output, /got two/);
      equal(status, 3, output);
      notEqual((await box.call('state', container.id)).status, 0);
    },
  },
  {
    name: 'the terminal of the caller: refused without --shell-job; with it the terminal of the caller of restore',
    async show(box) {
      const bundle = await box.bundle((config: Config) => {
        config.process.args = ['sh', '-c', echo];
      });
      const container = box.container(bundle);
      // The container has the terminal itself, which runc's foreground would keep from it; the shell holds it meanwhile.
      const done = join(box.context.directory, 'done');
      const hold = (...words: string[]) => {
        const line = `"$@" || exit 9; until [ -e ${done} ]; do sleep 0.3; done`;
        return ['sh', '-c', line, 'sh', ...box.words(...words)];
      };
      const first = inTerminal(hold('run', '--detach', '--bundle', bundle, container.id), [
        ['expect', 'ready'],
        ['send', 'one\n'],
        ['expect', 'got one'],
      ]);
      await running(box, container.id);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const refused = await container.checkpoint(box.images());
      notEqual(refused.status, 0);
      equal((await container.state()).status, 'running');
      const images = await container.dump('--shell-job');
      await writeFile(done, '');
      await first;
      await rm(done);
      const words = ['--shell-job', '--bundle', bundle, '--image-path', images, container.id];
      const second = inTerminal(hold('restore', '--detach', ...words), [
        ['send', 'two\n'],
        ['expect', 'got two'],
        ['send', 'end\n'],
      ]);
      second.then(async () => await writeFile(done, ''));
      await until('its end', box.signal, async () => {
        const { status, stdout } = await box.call('state', container.id);
        return status !== 0 || stdout.includes('"stopped"') ? true : undefined;
      });
      await writeFile(done, '');
      match((await second).output, /got two/);
    },
  },
];

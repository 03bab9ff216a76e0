/** Networks, and namespaces that are shared. */
import { equal, match, notEqual } from 'node:assert/strict';
import { readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Case } from '../case.js';
import type { Podman } from './podman.js';

const link = (name: string) => `readlink /proc/self/ns/${name}`;

async function listen(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}

export const namespaceCases: readonly Case<Podman>[] = [
  {
    name: 'network none',
    async show(podman) {
      equal(await podman.shell('ls /sys/class/net; ip addr show lo | grep -c "inet 127.0.0.1"'), 'lo\n1');
    },
  },
  {
    name: 'network bridge, with a published port',
    async show(podman) {
      const flags = ['--network', 'podman', '--publish', '127.0.0.1::80'];
      const name = await podman.background(flags, 'sh', '-c', 'while :; do echo published | nc -l -p 80; done');
      match(await podman.exec(name, 'ls /sys/class/net; ip route'), /^eth0\nlo\ndefault via /);
      const port = (await podman.cli('port', name, '80')).split(':')[1];
      equal(await listen(Number(port)), 'published\n');
    },
  },
  {
    name: 'network host',
    async show(podman) {
      equal(await podman.shell(link('net'), '--network', 'host'), await readlink('/proc/self/ns/net'));
    },
  },
  {
    name: 'network of another container',
    async show(podman) {
      const first = await podman.background();
      const namespace = await podman.exec(first, link('net'));
      equal(await podman.shell(link('net'), '--network', `container:${first}`), namespace);
      notEqual(await podman.shell(link('net')), namespace);
    },
  },
  {
    name: 'pid and ipc of another container',
    async show(podman) {
      const first = await podman.background(['--ipc', 'shareable']);
      const flags = ['--pid', `container:${first}`, '--ipc', `container:${first}`];
      const second = await podman.background(flags, 'sleep', '2000');
      equal(
        await podman.exec(second, `${link('pid')}; ${link('ipc')}`),
        await podman.exec(first, `${link('pid')}; ${link('ipc')}`),
      );
      match(await podman.exec(first, 'ps -o args'), /sleep 2000/);
      await podman.cli('kill', second);
      equal(await podman.cli('wait', second), '137');
      equal(await podman.exec(first, 'echo lives'), 'lives');
    },
  },
  {
    name: 'pid, ipc, uts of the host; none private',
    async show(podman) {
      const flags = ['--pid', 'host', '--ipc', 'host', '--uts', 'host'];
      const own = await Promise.all(['pid', 'ipc', 'uts'].map((name) => readlink(`/proc/self/ns/${name}`)));
      equal(await podman.shell(['pid', 'ipc', 'uts'].map(link).join('; '), ...flags), own.join('\n'));
      const name = await podman.background(flags);
      await podman.cli('kill', name);
      equal(await podman.cli('wait', name), '137');
    },
  },
  {
    name: 'a network namespace by its path',
    async show(podman) {
      const first = await podman.background();
      const { State } = await podman.inspect(first);
      const namespace = await podman.exec(first, link('net'));
      equal(await podman.shell(link('net'), '--network', `ns:/proc/${State.Pid}/ns/net`), namespace);
    },
  },
];

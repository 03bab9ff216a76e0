/** Networks. */
import { equal, match, notEqual } from 'node:assert/strict';
import { connect } from 'node:net';
import type { Case } from '../case.js';
import { command } from '../command.js';
import type { Docker } from './docker.js';

const interfaces = 'ls /sys/class/net';

/** What a port of the machine says. */
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

export const networkCases: readonly Case<Docker>[] = [
  {
    name: 'network none',
    quick: true,
    async show(docker) {
      equal(
        await docker.shell(`${interfaces}; cat /sys/class/net/lo/operstate; ping -c 1 -W 9 127.0.0.1 | grep -c ttl`),
        'lo\nunknown\n1',
      );
    },
  },
  {
    name: 'network bridge, with a published port',
    quick: true,
    async show(docker) {
      const name = await docker.background({
        Cmd: ['sh', '-c', 'while :; do echo published | nc -l -p 80; done'],
        ExposedPorts: { '80/tcp': {} },
        HostConfig: { NetworkMode: 'bridge', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
      });
      match((await docker.exec(name, `${interfaces}; ip route`)).stdout, /^eth0\nlo\ndefault via /);
      const port = await docker.cli('port', name, '80');
      equal(await listen(Number(port.split(':')[1])), 'published\n');
      const { IPAddress } = (await docker.inspect(name)).NetworkSettings.Networks.bridge!;
      const HostConfig = { NetworkMode: 'bridge' };
      match(await docker.shell(`ping -c 1 -W 30 ${IPAddress}`, { HostConfig }), /1 packets received/);
    },
  },
  {
    name: 'a network of one’s own, names, connect and disconnect',
    async show(docker) {
      const network = docker.another();
      await docker.api('POST', '/networks/create', { Name: network });
      const name = await docker.background({ HostConfig: { NetworkMode: network } });
      const HostConfig = { NetworkMode: network };
      match(await docker.shell(`ping -c 1 -W 30 ${name}`, { HostConfig }), /1 packets received/);
      await docker.api('POST', '/networks/bridge/connect', { Container: name });
      match((await docker.exec(name, interfaces)).stdout, /eth0\neth1\nlo/);
      await docker.api('POST', '/networks/bridge/disconnect', { Container: name });
      equal((await docker.exec(name, interfaces)).stdout, 'eth0\nlo\n');
    },
  },
  {
    name: 'network host',
    quick: true,
    async show(docker) {
      const mine = (await command(['readlink', '/proc/self/ns/net'])).trim();
      equal(await docker.shell('readlink /proc/self/ns/net', { HostConfig: { NetworkMode: 'host' } }), mine);
    },
  },
  {
    name: 'network of another container',
    quick: true,
    async show(docker) {
      const first = await docker.background({ HostConfig: { NetworkMode: 'bridge' } });
      const link = 'readlink /proc/self/ns/net';
      const namespace = (await docker.exec(first, link)).stdout.trim();
      equal(await docker.shell(link, { HostConfig: { NetworkMode: `container:${first}` } }), namespace);
      notEqual(await docker.shell(link), namespace);
    },
  },
];

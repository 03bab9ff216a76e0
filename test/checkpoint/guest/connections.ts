/** TCP: connections within the container, to the host, half closed, and sockets that listen. */
import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { Case } from '../../engines/guest/case.js';
import type { Box, Config } from './box.js';
import { tsruncOnly } from './skip.js';

const within = `
import socket
# The interface is up in a network namespace of its own.
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 4000))
server.listen()
client = socket.create_connection(('127.0.0.1', 4000))
served, _ = server.accept()
client.sendall(b'on its way')
`;

const established = `${within}
ready()
go()
first = served.recv(100).decode()
served.sendall(b'answer')
second = client.recv(100).decode()
another = socket.create_connection(('127.0.0.1', 4000))
say([first, second, server.accept()[1][0]])
`;

const closed = `${within}
ready()
go()
found = []
for one in (client, served):
    one.settimeout(5)
    try:
        found.append(one.recv(100).decode())
    except OSError as error:
        found.append(type(error).__name__)
another = socket.create_connection(('127.0.0.1', 4000))
say([found, server.accept()[1][0]])
`;

const half = `${within}
served.recv(100)
client.shutdown(socket.SHUT_WR)
time.sleep(0.5)
ready()
go()
end = served.recv(100).decode()
served.sendall(b'still heard')
say([end, client.recv(100).decode()])
`;

const listening = `
import socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 4000))
server.listen()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(('127.0.0.1', 4001))
# A connection that both sides have closed leaves nothing that matters.
client = socket.create_connection(('127.0.0.1', 4000))
served, _ = server.accept()
client.close()
served.close()
ready()
go()
client = socket.create_connection(('127.0.0.1', 4000))
served, _ = server.accept()
client.sendall(b'new')
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.sendto(b'datagram', ('127.0.0.1', 4001))
say([served.recv(100).decode(), datagrams.recv(100).decode()])
`;

/** Says the lines it gets back, in capitals. */
async function shouter(box: Box): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(String(data).toUpperCase()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  box.atEnd(() => {
    server.close();
    server.unref();
  });
  return { server, port: (server.address() as { port: number }).port };
}

const toHost = (port: number) => `
import socket
client = socket.create_connection(('127.0.0.1', ${port}))
client.sendall(b'before')
first = client.recv(100).decode()
mine = client.getsockname()[1]
ready()
go()
client.sendall(b'after')
say([first, client.recv(100).decode(), client.getsockname()[1] == mine])
`;

const hostNetwork = (config: Config) => {
  config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
  // sysfs can't be mounted without a network namespace of its own in the user namespace, nor need it be.
  config.mounts = config.mounts.filter(({ destination }) => destination !== '/sys');
  config.mounts = config.mounts.filter(({ destination }) => destination !== '/sys/fs/cgroup');
};

export const connectionCases: readonly Case<Box>[] = [
  {
    name: 'TCP established: refused without --tcp-established, with the option named, and the container goes on',
    async show(box) {
      const container = await box.python(established);
      const images = box.images();
      const refused = await container.checkpoint(images);
      notEqual(refused.status, 0);
      match(await box.why(refused, `${images}/dump.log`), /tcp-established/);
      equal((await container.state()).status, 'running');
      deepEqual(await container.goOn(), ['on its way', 'answer', '127.0.0.1']);
    },
  },
  {
    name: 'TCP established within the container, with data on its way',
    async show(box) {
      const container = await box.python(established);
      await container.roundTrip(['--tcp-established']);
      deepEqual(await container.goOn(), ['on its way', 'answer', '127.0.0.1']);
    },
  },
  {
    name: 'TCP established to a peer on the host, which notices nothing',
    async show(box) {
      const { port } = await shouter(box);
      const container = await box.python(toHost(port), hostNetwork);
      await container.roundTrip(['--tcp-established']);
      deepEqual(await container.goOn(), ['BEFORE', 'AFTER', true]);
    },
  },
  {
    name: 'TCP half closed',
    async show(box) {
      const container = await box.python(half);
      await container.roundTrip(['--tcp-established']);
      deepEqual(await container.goOn(), ['', 'still heard']);
    },
  },
  {
    name: 'TCP listening and closed, and UDP: no option is needed',
    async show(box) {
      const container = await box.python(listening);
      await container.roundTrip();
      deepEqual(await container.goOn(), ['new', 'datagram']);
    },
  },
  {
    name: 'TCP established, restored closed: restore --tcp-close',
    async show(box) {
      tsruncOnly(box, '--tcp-close');
      const container = await box.python(closed);
      await container.roundTrip([], ['--tcp-established'], ['--tcp-close']);
      const [found, peer] = (await container.goOn()) as [string[], string];
      equal(peer, '127.0.0.1');
      // Neither the data nor a living connection.
      for (const end of found) match(end, /^$|Error$/);
    },
  },
];

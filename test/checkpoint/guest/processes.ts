/** Processes: trees of them, what they have open, and what they say to each other. */
import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import type { Case } from '../../engines/guest/case.js';
import type { Box } from './box.js';

const tree = `
import signal, threading
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
signal.signal(signal.SIGUSR1, lambda *_: put('signalled', 'yes'))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
os.environ['LATE'] = 'late'
os.chdir('/data')
os.umask(0o27)
os.nice(3)
def child(session, then):
    pid = os.fork()
    if pid == 0:
        if session:
            os.setsid()
        then()
        while True:
            time.sleep(1000)
    return pid
def parent():
    child(False, lambda: None)
child(False, parent)
child(True, parent)
# One whose parent has ended, and a zombie.
if os.fork() == 0:
    child(False, lambda: None)
    os._exit(0)
os.wait()
if os.fork() == 0:
    os._exit(7)
threads = [threading.Thread(target=time.sleep, args=(100000,), daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
time.sleep(1)
def look():
    found = {}
    for pid in sorted((int(name) for name in os.listdir('/proc') if name.isdigit())):
        fields = open(f'/proc/{pid}/stat').read().rpartition(') ')[2].split()
        # The parent, the group, the session, whether it is dead, and how many threads.
        found[pid] = fields[1:4] + ['zombie' if fields[0] == 'Z' else 'alive', fields[17]]
    status = open('/proc/self/status').read().splitlines()
    kept = [line for line in status if line.split(':')[0] in ('Umask', 'SigBlk', 'SigCgt', 'CapBnd', 'NoNewPrivs', 'Uid')]
    return [found, kept, os.getcwd(), os.environ['LATE'], os.getpriority(os.PRIO_PROCESS, 0)]
before = look()
ready()
go()
say([before, look()])
`;

const files = `
import fcntl
with open('/data/words', 'w') as file:
    file.write('one\\ntwo\\nthree\\n')
reader = os.open('/data/words', os.O_RDONLY)
os.read(reader, 4)
log = os.open('/data/log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(log, b'before\\n')
gone = os.open('/data/gone', os.O_RDWR | os.O_CREAT, 0o640)
os.write(gone, b'nobody sees me')
os.unlink('/data/gone')
twin = os.dup(reader)
directory = os.open('/data', os.O_RDONLY | os.O_DIRECTORY)
kept = os.open('/tmp/kept', os.O_RDWR | os.O_CREAT)
os.write(kept, b'in a tmpfs')
memory = os.memfd_create('memory')
os.write(memory, b'in a memfd')
ready()
go()
os.write(log, b'after\\n')
at = os.lseek(reader, 0, os.SEEK_CUR)
word = os.read(twin, 4).decode()
say([
    at, word, os.lseek(reader, 0, os.SEEK_CUR), open('/data/log').read(),
    os.pread(gone, 100, 0).decode(), os.fstat(gone).st_nlink, oct(os.fstat(gone).st_mode), sorted(os.listdir('/data')),
    os.listdir(directory) == os.listdir('/data'), os.pread(kept, 100, 0).decode(), os.pread(memory, 100, 0).decode(),
    bool(fcntl.fcntl(log, fcntl.F_GETFL) & os.O_APPEND),
])
`;

const locks = `
import fcntl
file = open('/data/locked', 'w')
fcntl.flock(file, fcntl.LOCK_EX)
ready()
go()
other = open('/data/locked', 'w')
try:
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    say('free')
except OSError:
    say('locked')
`;

const pipes = `
import select, socket
reader, writer = os.pipe()
os.write(writer, b'x' * 30000 + b'end')
child_reader, child_writer = os.pipe()
if os.fork() == 0:
    os.close(child_reader)
    while not os.path.exists('/tmp/go'):
        time.sleep(0.05)
    os.write(child_writer, b'of the child')
    os._exit(0)
os.close(child_writer)
os.mkfifo('/tmp/fifo')
fifo = os.open('/tmp/fifo', os.O_RDWR)
os.write(fifo, b'in the fifo')
one, two = socket.socketpair()
one.send(b'in the socket')
listener = socket.socket(socket.AF_UNIX)
listener.bind('/tmp/listener')
listener.listen()
events = select.epoll()
events.register(reader, select.EPOLLIN, )
counter = os.eventfd(5) if hasattr(os, 'eventfd') else None
ready()
go()
data = os.read(reader, 40000)
client = socket.socket(socket.AF_UNIX)
client.connect('/tmp/listener')
listener.accept()
os.write(writer, b'more')
say([
    len(data), data[-3:].decode(), os.read(child_reader, 100).decode(), os.read(child_reader, 100).decode(),
    os.read(fifo, 100).decode(), two.recv(100).decode(), events.poll(5) == [(reader, 1)],
    os.eventfd_read(counter) if counter is not None else 5,
])
`;

export const processCases: readonly Case<Box>[] = [
  {
    name: 'a process tree: parents, groups, sessions, an orphan, a zombie, threads, signals, working directory, nice',
    async show(box) {
      const container = await box.python(tree);
      await container.roundTrip();
      const [before, after] = (await container.goOn()) as [[Record<string, string[]>], unknown];
      deepEqual(after, before);
      equal(Object.values(before[0]).filter((fields) => fields[3] === 'zombie').length, 1);
      await box.ok('kill', container.id, 'USR1');
      equal(await container.told('signalled'), 'yes');
    },
  },
  {
    name: 'open files: position, shared position, append, deleted, directory, tmpfs, memfd',
    async show(box) {
      const container = await box.python(files);
      await container.roundTrip();
      deepEqual(await container.goOn(), [
        ...[4, 'two\n', 8, 'before\nafter\n', 'nobody sees me', 0, '0o100640', ['log', 'words']],
        ...[true, 'in a tmpfs', 'in a memfd', true],
      ]);
    },
  },
  {
    name: 'file locks: refused without --file-locks, kept with it',
    async show(box) {
      const container = await box.python(locks);
      const images = box.images();
      const refused = await container.checkpoint(images);
      notEqual(refused.status, 0);
      match(await box.why(refused, `${images}/dump.log`), /--file-locks/);
      equal((await container.state()).status, 'running');
      await container.roundTrip(['--file-locks']);
      equal(await container.goOn(), 'locked');
    },
  },
  {
    name: 'pipes, a FIFO and sockets with data in them, a listening socket, epoll, an eventfd',
    async show(box) {
      const container = await box.python(pipes);
      await container.roundTrip();
      const of = [30003, 'end', 'of the child', '', 'in the fifo', 'in the socket', true, 5];
      deepEqual(await container.goOn(), of);
    },
  },
];

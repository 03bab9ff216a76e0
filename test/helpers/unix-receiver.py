"""unix-receiver.py SOCKET MODE [INPUT]: stands where a caller's socket is, prints a line of JSON for each thing seen.

console  takes the pty master of --console-socket, writes INPUT to it, prints what comes out of it
pidfd    takes the pidfd of --pidfd-socket, prints the pid it stands for
seccomp  takes a seccomp notify descriptor, answers the first notification with errno 39 (ENOTEMPTY)
notify   a datagram socket like systemd's: prints every message until MAINPID= has come
"""
import array, fcntl, json, os, select, socket, struct, sys

path, mode = sys.argv[1], sys.argv[2]
given = sys.argv[3] if len(sys.argv) > 3 else ''


def say(**what):
    print(json.dumps(what), flush=True)


def receive(connection):
    data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(16 * 4))
    fds = array.array('i')
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % 4])
    return data, list(fds)


def console(master):
    if given:
        os.write(master, given.encode())
    output = b''
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        output += part
    say(output=output.decode())


def pidfd(fd):
    with open(f'/proc/self/fdinfo/{fd}') as info:
        say(pid=int(next(line for line in info if line.startswith('Pid:')).split()[1]))


def seccomp(fd):
    # struct seccomp_notif: u64 id, u32 pid, u32 flags, struct seccomp_data (64 bytes).
    request = bytearray(80)
    fcntl.ioctl(fd, 0xC0502100, request)
    ident, pid = struct.unpack_from('=QI', request)
    number, = struct.unpack_from('=i', request, 16)
    say(syscall=number, notified=pid)
    fcntl.ioctl(fd, 0xC0182101, struct.pack('=QqiI', ident, 0, -39, 0))


def notify():
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path)
    os.chmod(path, 0o777)
    say(listening=True)
    while True:
        data, fds = receive(server)
        say(message=data.decode(), fds=len(fds))
        for fd in fds:
            os.close(fd)
        if b'MAINPID=' in data:
            # The barrier that may follow.
            if select.select([server], [], [], 1)[0]:
                data, fds = receive(server)
                say(message=data.decode(), fds=len(fds))
            return


if mode == 'notify':
    notify()
    sys.exit()
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
# A path longer than sun_path is bound by its directory's descriptor.
directory = os.open(os.path.dirname(path), os.O_PATH)
server.bind(f'/proc/self/fd/{directory}/{os.path.basename(path)}')
server.listen()
say(listening=True)
connection, _ = server.accept()
data, fds = receive(connection)
say(payload=data.decode(), fds=len(fds))
{'console': console, 'pidfd': pidfd, 'seccomp': seccomp}[mode](fds[0])

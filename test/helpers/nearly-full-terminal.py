"""nearly-full-terminal.py COMMAND ARGS...: runs a command on a new pseudo-terminal that has room for a few hundred bytes of output.

poll(2) calls such a terminal writable, but a write(2) of more waits for the reader, and nobody reads. The command is to end by itself.
Prints {"status": of the command, null when it is still there ten seconds later}.
"""
import json, os, pty, select, subprocess, sys

master, slave = pty.openpty()
own = os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def is_writable(timeout=0):
    return bool(select.select([], [own], [], timeout)[1])


# The kernel moves bytes to the reader's side until that is full too.
while is_writable(0.2):
    try:
        os.write(own, b'a' * 64)
    except BlockingIOError:
        pass
while not is_writable():
    os.read(master, 1)

command = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave)
try:
    status = command.wait(10)
except subprocess.TimeoutExpired:
    command.kill()
    status = None
print(json.dumps({'status': status}))

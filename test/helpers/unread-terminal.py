"""unread-terminal.py PID-FILE COMMAND ARGS...: runs a command on a new pseudo-terminal whose output nobody reads.

When PID-FILE is there, and the output of the process that it names has filled the terminal (it sleeps in a write), that process is
killed. Prints {"status": of the command, null when it is still there ten seconds later}.
"""
import json, os, pty, signal, subprocess, sys, time

master, slave = pty.openpty()
command = subprocess.Popen(sys.argv[2:], stdin=slave, stdout=slave, stderr=slave)
os.close(slave)


def wait_for(condition):
    until = time.monotonic() + 15
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def written(pid):
    with open(f'/proc/{pid}/io') as io:
        return next(line for line in io if line.startswith('wchar:'))


wait_for(lambda: os.path.exists(sys.argv[1]) and os.path.getsize(sys.argv[1]) > 0)
pid = int(open(sys.argv[1]).read())
last = [None, time.monotonic()]


def is_stuck():
    now = written(pid)
    if now != last[0]:
        last[:] = [now, time.monotonic()]
    return time.monotonic() - last[1] > 0.5


wait_for(is_stuck)
os.kill(pid, signal.SIGKILL)
try:
    status = command.wait(10)
except subprocess.TimeoutExpired:
    command.kill()
    status = None
print(json.dumps({'status': status}))

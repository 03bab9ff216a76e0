"""in-terminal.py COMMAND ARGS...: runs a command on a new pseudo-terminal of 24x80.

Standard input holds a JSON list of things to do in order: ["expect", TEXT] waits until the output holds TEXT (seen
text is consumed), ["send", TEXT], ["resize", ROWS, COLUMNS], ["mode"] notes whether the terminal is raw. ["insist", TEXT]
waits like expect, and tells the command of its terminal's size again whenever it has been silent for a second.
Prints {"status", "output", "raw": [..], "after": raw-or-not at the end} as JSON.
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

steps = json.load(sys.stdin)
pid, master = pty.fork()
if pid == 0:
    # Before the command runs: no change of size, and no SIGWINCH, that the test did not ask for.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
output, seen, raws = b'', 0, []
deadline = time.monotonic() + float(os.environ.get('TERMINAL_SECONDS', 15))


def is_raw():
    return not termios.tcgetattr(master)[3] & termios.ICANON


def read(most=float('inf')):
    """False: the output has ended; None: nothing came in time."""
    global output
    if not select.select([master], [], [], max(0, min(most, deadline - time.monotonic())))[0]:
        return None
    try:
        part = os.read(master, 4096)
    except OSError:
        return False
    output += part
    return bool(part)


for step in steps:
    if step[0] in ('expect', 'insist'):
        while output.find(step[1].encode(), seen) < 0:
            came = read(1 if step[0] == 'insist' else deadline)
            if came is False or time.monotonic() > deadline:
                break
            if came is None:
                os.kill(pid, signal.SIGWINCH)
        at = output.find(step[1].encode(), seen)
        if at < 0:
            break
        seen = at + len(step[1].encode())
    elif step[0] == 'send':
        os.write(master, step[1].encode())
    elif step[0] == 'resize':
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', step[1], step[2], 0, 0))
    elif step[0] == 'mode':
        raws.append(is_raw())
while read():
    pass
if time.monotonic() > deadline:
    os.kill(pid, 9)
after = is_raw()
_, status = os.waitpid(pid, 0)
print(json.dumps({'status': os.waitstatus_to_exitcode(status), 'output': output.decode(errors='replace'), 'raw': raws, 'after': after}))

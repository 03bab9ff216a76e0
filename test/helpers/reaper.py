"""Runs a command, and reaps what its processes leave behind.

usage: reaper.py COMMAND [ARG...]
The kernel ends a pid namespace only after all of its dead processes were reaped: those of a detached `exec` by whoever is
the first process of the machine, and not every one does that at once. Ends with the command's status, or by its signal.
Sets TSRUNC_TEST_REAPER to its process id: whatever the command starts stays below that process.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

prctl = ctypes.CDLL(None).prctl
prctl(PR_SET_CHILD_SUBREAPER, 1)
os.environ["TSRUNC_TEST_REAPER"] = str(os.getpid())
child = os.fork()
if child == 0:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    pid, status = os.wait()
    if pid == child:
        break
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.waitstatus_to_exitcode(status))

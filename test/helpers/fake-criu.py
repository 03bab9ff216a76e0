#!/usr/bin/env python3
"""Stands for criu: does what the JSON list in $FAKE_CRIU says, on the packet socket at descriptor 3.

["get"]           takes a packet; its bytes go to $FAKE_CRIU_GOT as a line of hexadecimal digits
["put", HEX]      sends a packet
["put-fd", HEX]   sends a packet and descriptor 0
["exit", STATUS]  ends
["kill", PID]     ends a process, as a dump does
["die"]           ends by SIGKILL
At the end of the list it waits for the end of the socket. What descriptors it had, its arguments and environment are the
first line of $FAKE_CRIU_GOT, as JSON.
"""
import array, json, os, signal, socket, sys

peer = socket.socket(fileno=3)
with open(os.environ['FAKE_CRIU_GOT'], 'a') as got:
    fds = {}
    for fd in range(20):
        try:
            fds[fd] = os.readlink(f'/proc/self/fd/{fd}')
        except OSError:
            pass
    print(json.dumps({'args': sys.argv[1:], 'env': dict(os.environ), 'fds': fds}), file=got, flush=True)
    for what, *rest in json.loads(os.environ['FAKE_CRIU']):
        if what == 'get':
            print(peer.recv(1 << 20).hex(), file=got, flush=True)
        elif what == 'put':
            peer.send(bytes.fromhex(rest[0]))
        elif what == 'put-fd':
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))
            peer.sendmsg([bytes.fromhex(rest[0])], [rights])
        elif what == 'kill':
            os.kill(rest[0], signal.SIGKILL)
        elif what == 'exit':
            sys.exit(rest[0])
        elif what == 'die':
            os.kill(os.getpid(), signal.SIGKILL)
    peer.recv(1)

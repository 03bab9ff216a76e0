"""Callers that give a runtime random commands about the same few containers, each as fast as it can.

usage: many-callers.py CALLERS SECONDS RUNTIME ROOT BUNDLE ID...
Prints one line of JSON for each different answer: [command, status, stderr without the ids, how often].
"""

import collections
import json
import os
import random
import sys
import tempfile
import time

COMMANDS = {
    "create": lambda bundle, id: ["create", "--bundle", bundle, id],
    "start": lambda bundle, id: ["start", id],
    "kill TERM": lambda bundle, id: ["kill", id, "TERM"],
    "kill KILL": lambda bundle, id: ["kill", id, "KILL"],
    "delete": lambda bundle, id: ["delete", id],
    "delete --force": lambda bundle, id: ["delete", "--force", id],
    "state": lambda bundle, id: ["state", id],
    "exec": lambda bundle, id: ["exec", id, "true"],
    "list": lambda bundle, id: ["list", "-q"],
}


def caller(until, runtime, root, bundle, ids):
    """One after the other, until it is time; the answers."""
    answers = collections.Counter()
    null = os.open("/dev/null", os.O_RDWR)
    with tempfile.TemporaryFile() as said:
        streams = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        while time.monotonic() < until:
            command, id = random.choice(list(COMMANDS)), random.choice(ids)
            # O_APPEND isn't set: what a container left behind still has open would write at the old place.
            os.ftruncate(said.fileno(), 0)
            os.lseek(said.fileno(), 0, os.SEEK_SET)
            argv = [runtime, "--root", root, *COMMANDS[command](bundle, id)]
            _, status = os.waitpid(os.posix_spawn(runtime, argv, os.environ, file_actions=streams), 0)
            text = os.pread(said.fileno(), 1 << 16, 0).decode().strip().replace(id, "ID")
            answers[command, os.waitstatus_to_exitcode(status), text] += 1
    return answers


def main():
    count, seconds, runtime, root, bundle, *ids = sys.argv[1:]
    until = time.monotonic() + float(seconds)
    results = []
    for _ in range(int(count)):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            answers = caller(until, runtime, root, bundle, ids)
            with os.fdopen(writer, "w") as out:
                json.dump([[*answer, count] for answer, count in answers.items()], out)
            os._exit(0)
        os.close(writer)
        results.append(reader)
    total = collections.Counter()
    for reader in results:
        with os.fdopen(reader) as answers:
            for command, status, text, times in json.load(answers):
                total[command, status, text] += times
    for answer, times in total.items():
        print(json.dumps([*answer, times]))


main()

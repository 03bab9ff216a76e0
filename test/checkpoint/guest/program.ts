/**
 * Programs for containers, in Python: the head of each, and what a case does with them. A program makes what is to be kept,
 * says `ready()`, waits for the case in `go()`, which is after the restore, and says what it finds then.
 */

/** Files of /tmp, a tmpfs, carry what case and program tell each other: a tmpfs is taken along by criu. */
export const head = `
import json, os, sys, time
sys.stdout = sys.stderr = open('/tmp/err', 'a', buffering=1)

def put(name, text):
    with open('/tmp/' + name + '.new', 'w') as file:
        file.write(text)
    os.rename('/tmp/' + name + '.new', '/tmp/' + name)

def ready(text='ready'):
    put('ready', str(text))

def go(name='go'):
    while not os.path.exists('/tmp/' + name):
        time.sleep(0.05)

def say(what):
    put('said', json.dumps(what))
    while True:
        time.sleep(1000)

`;

/** Counts in /tmp/count, ten times a second. */
export const counting = `
n = 0
while True:
    n += 1
    put('count', str(n))
    if n == 2:
        ready()
    time.sleep(0.1)
`;

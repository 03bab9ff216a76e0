// Sixteen callers that create, start, kill, delete, look at and list the same few containers, for TSRUNC_STRESS_SECONDS (15).
// Asserted: every answer is one of those that docs/protocol.md names, and nothing is left in the end.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { execute, kind, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const seconds = Number(process.env.TSRUNC_STRESS_SECONDS ?? 15);
// tap gives a file run by hand 30 seconds.
t.setTimeout((seconds + 100) * 1000);

const absent = /container does not exist/;
const ended = /before it was ready|before it executed the process/;
const answers: Record<string, RegExp[]> = {
  create: [/container with given ID already exists/, ended],
  start: [absent, /cannot start a container that has stopped/, /cannot start an already running container/, ended],
  'kill TERM': [absent, /container not running/],
  'kill KILL': [absent, /container not running/],
  delete: [absent, /cannot delete container ID that is not stopped: (creating|created|running)/],
  'delete --force': [],
  state: [absent],
  exec: [absent, /cannot exec in a stopped container/, ended],
  list: [],
};

t.test('the same containers', { skip: skipIf(needsFile('/usr/bin/python3')) }, async (t) => {
  // More processes than one, which the kernel has to end before init has ended.
  const program = 'sleep 1000 & sleep 1000 & sleep 1000 & exec sleep 1000';
  const bundle = box.bundle((config) => (config.process.args = ['sh', '-c', program]));
  const ids = ['a', 'b', 'c', 'd'].map((name) => box.id(name));
  // Which makes the root directory: without one `list` is an error.
  box.remove(box.create().id);
  const helper = join(project, 'test/helpers/many-callers.py');
  const argv = ['python3', helper, '16', String(seconds), runtime, box.root, bundle, ...ids];
  const result = execute(argv, { timeout: (seconds + 60) * 1000 });
  t.equal(result.status, 0, result.stderr);
  const given = result.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [command: string, status: number, said: string, count: number]);
  const odd = given.filter(([command, status, said]) =>
    // The process of exec may be killed with the container.
    status === 0 || (command === 'exec' && status === 137)
      ? said !== ''
      : !answers[command]!.some((answer) => answer.test(said)),
  );
  t.comment(`${given.reduce((sum, [, , , count]) => sum + count, 0)} commands`);
  for (const answer of odd) {
    const told = answer.join(': ').replaceAll('\n', ' | ');
    if (kind === 'tsrunc') t.fail(told);
    else t.comment(told);
  }
  for (const id of ids) t.equal(box.call(['delete', '--force', id]).status, 0);
  t.same(existsSync(box.root) ? readdirSync(box.root).filter((name) => !name.startsWith('@')) : [], []);
});

box.end(t);

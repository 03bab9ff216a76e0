/** A program that uses the client notices nothing of it: its signals, children, timers and descriptors are as before. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { specOf } from '../helpers/library.js';
import { plainEnv, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('a host program with children, signals and timers of its own', { skip: skipIf() }, async (t) => {
  const config = join(box.directory(), 'config.json');
  writeFileSync(config, JSON.stringify(specOf(box, ['true'])));
  const program = join(project, 'build/test/test/helpers/library-host.js');
  const result = spawnSync(process.execPath, [program, runtime, box.root, config], {
    ...{ encoding: 'utf8', env: plainEnv, timeout: 120_000, killSignal: 'SIGKILL' },
  });
  t.equal(result.status, 0, result.stderr);
  t.equal(result.stderr, '', 'and it warns of nothing');
  const said = JSON.parse(result.stdout);
  t.same(said.after.signals, said.before.signals, 'SigCgt, SigIgn and SigBlk are the same');
  t.same(said.after.descriptors, said.before.descriptors, 'no descriptor is left open');
  t.same(said.after.listeners, said.before.listeners, 'no listener on process');
  t.same(said.ends, ['3 null', 'null SIGKILL', '5 null'], 'its own children are told of');
  t.equal(said.sync, 'sync\n');
  t.equal(said.later, '6 null');
  t.match(said.seen, { SIGTERM: 1, SIGWINCH: 1, SIGHUP: 1, SIGINT: 1, SIGUSR2: 1 }, 'its signals come, each once');
  t.ok(said.seen.SIGCHLD > 0, 'its handler of SIGCHLD is its own');
  t.ok(said.ticksWhile > 2, 'its timers went on');
  t.equal(said.stdout, 'answer\n');
  t.equal(said.output, '22 44\r\n');
  t.equal(said.aborted, 'TimeoutError');
  t.match(said.ended, { signal: 'SIGKILL' });
  t.same(said.statuses, [4, ...Array.from({ length: 20 }, (_, index) => index)]);
});

box.end(t);

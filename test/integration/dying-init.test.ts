/**
 * What commands answer about a container whose init has begun to exit and isn't a zombie yet, because the kernel waits
 * for another process of its pid namespace: one that was sent there by `exec`, and isn't reaped, as that stands still.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAlive, isEnding } from '../../src/container/init/process-id.js';
import { nodeNative } from '../../src/hosts/node/host.js';
import { appears } from '../helpers/appears.js';
import { lives } from '../helpers/lives.js';
import { plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('an init that is exiting', { skip: skipIf(differs({ runc: 'tells the error of setns' })) }, async (t) => {
  const { id } = box.started();
  const { pid } = box.state(id);
  const native = nodeNative();
  const init = { pid, startTime: native.processStat(pid)?.startTime ?? 0 };
  t.notOk(isEnding(native, init));

  const pidFile = join(box.directory(), 'pid');
  const exec = spawn(
    runtime,
    ['--root', box.root, 'exec', '--pid-file', pidFile, id, 'sh', '-c', 'echo; exec sleep 1000'],
    {
      env: plainEnv,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  // One that stands still keeps the container's init from ending.
  t.teardown(() => exec.kill('SIGKILL'));
  const ended = once(exec, 'exit');
  // The file is written after the process was let go, so that it may print before.
  await Promise.all([once(exec.stdout, 'data'), appears(pidFile)]);
  exec.kill('SIGSTOP');
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  const sleeper = Number(readFileSync(pidFile, 'utf8'));
  // The kernel kills it once init is exiting.
  while (lives(sleeper)) await new Promise(setImmediate);

  t.ok(isAlive(native, init));
  t.ok(isEnding(native, init));
  t.equal(box.state(id).status, 'running');
  const again = box.call(['exec', id, 'true']);
  t.match(again, { status: 255, stderr: /cannot exec in a stopped container/ });
  const mounts = join(box.directory(), 'mounts.json');
  writeFileSync(mounts, JSON.stringify([{ destination: '/added', type: 'tmpfs', source: 'tmpfs' }]));
  t.match(box.call(['mounts', 'add', id, mounts]), { status: 1, stderr: /container not running/ });

  exec.kill('SIGCONT');
  t.same(await ended, [137, null]);
  t.equal(box.call(['delete', '--force', id]).status, 0);
  t.ok(isEnding(native, init));
});

box.end(t);

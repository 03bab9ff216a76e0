// A process of the container with CAP_SYS_PTRACE (no user namespace) opened /proc/PID/fd of exec's process before its execve,
// found the host's /proc there, and by it every file of the host (of the kind of CVE-2016-9962). Asserted: it finds nothing.
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compile, needsCompiler } from '../helpers/compile.js';
import { type TestConfig, withoutNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** Has a tracer look at many processes of exec, in a container that is changed by `change`. */
function trace(t: Test, change: (config: TestConfig) => void): void {
  const secret = join(box.directory('secret'), 'file');
  writeFileSync(secret, 'of the host');
  const results = box.directory('results');
  chmodSync(results, 0o777);
  const bundle = box.bundle((config) => {
    for (const set of ['bounding', 'effective', 'permitted'] as const)
      config.process.capabilities[set]!.push('CAP_SYS_PTRACE');
    config.mounts.push({ destination: '/results', source: results, options: ['bind'] });
    config.process.args = ['/tracer', secret, `${process.pid}/root${secret}`, '/results'];
    change(config);
  });
  compile('tracer.c', join(bundle, 'rootfs/tracer'));
  const id = box.id();
  t.equal(box.call(['run', '--detach', '--bundle', bundle, id]).status, 0);
  for (let i = 0; i < 1000 && !existsSync(join(results, 'ready')); i++) box.call(['state', id]);
  t.ok(existsSync(join(results, 'ready')), 'the tracer runs');
  for (let i = 0; i < 60; i++) t.equal(box.call(['exec', id, 'true']).status, 0);
  const stolen = join(results, 'stolen');
  t.notOk(existsSync(stolen), existsSync(stolen) ? readFileSync(stolen, 'utf8') : 'nothing was stolen');
  // A process that is given a directory of the host has one to be found.
  const root = openSync('/', 'r');
  const given = box.call(['exec', '--detach', '--preserve-fds', '1', id, 'sleep', '1000'], { extraFds: [root] });
  closeSync(root);
  t.equal(given.status, 0, given.stderr);
  for (let i = 0; i < 1000 && !existsSync(stolen); i++) box.call(['state', id]);
  t.ok(existsSync(stolen), 'the tracer finds what there is');
  box.call(['delete', '--force', id]);
}

const needed = { skip: skipIf(needsCompiler()) };

t.test("exec's process brings no directory of the host along", needed, async (t) => trace(t, () => {}));

t.test(
  'nor where the container has the mount namespace of the host',
  { skip: needed.skip || differs({ runc: "runs it in the host's root" }) },
  async (t) =>
    trace(t, (config) => {
      withoutNamespace(config, 'mount');
      config.mounts = config.mounts.filter(({ destination }) => ['/proc', '/results'].includes(destination));
      config.linux.maskedPaths = [];
      config.linux.readonlyPaths = [];
    }),
);

box.end(t);

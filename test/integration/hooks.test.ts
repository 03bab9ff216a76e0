import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Hooks } from '../../src/config/spec.js';
import { kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const names = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
const sh = (script: string, more: object = {}) => ({ path: '/bin/sh', args: ['sh', '-c', script], ...more });

t.test(
  'all six, in order, at their time, with the state',
  { skip: skipIf(differs({ runc: 'poststart runs in create, other states' })) },
  async (t) => {
    const directory = box.directory('hooks');
    const log = join(directory, 'log');
    const note = (name: string) => `echo ${name} >> ${log}; cat > ${directory}/${name}.json`;
    const { id, bundle } = box.create((config) => {
      config.annotations = { key: 'value' };
      // The same path inside, so that the startContainer hook writes to the same file.
      config.mounts.push({ destination: directory, source: directory, options: ['bind'] });
      config.process.args = ['sh', '-c', `echo process >> ${log}; sleep 1000`];
      config.hooks = Object.fromEntries(names.map((name) => [name, [sh(note(name))]])) as Hooks;
    });
    const { pid } = box.state(id);
    const read = () => readFileSync(log, 'utf8').trim().split('\n');
    t.same(read(), ['prestart', 'createRuntime', 'createContainer']);
    t.equal(box.call(['start', id]).status, 0);
    t.same(
      read().filter((line) => line !== 'process'),
      ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart'],
    );
    box.call(['kill', id, 'KILL']);
    box.waitStopped(id);
    t.equal(box.call(['delete', id]).status, 0);
    t.equal(read().at(-1), 'poststop');
    const expected: Record<string, [status: string, pid: number | undefined]> = {
      // The suite of runtime-tools wants created of it; runc says creating.
      prestart: [kindIs('runc') ? 'creating' : 'created', pid],
      createRuntime: ['creating', pid],
      createContainer: ['creating', 1],
      startContainer: ['created', 1],
      poststart: ['running', pid],
      poststop: ['stopped', undefined],
    };
    for (const name of names) {
      const state = JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
      const [status, wantedPid] = expected[name]!;
      t.match(state, { id, bundle, annotations: { key: 'value' } }, name);
      // runtime.md doesn't say which; crun says created.
      if (kindIs('crun') && status === 'creating') t.match(state.status, /^creat(ing|ed)$/, name);
      else t.equal(state.status, status, name);
      if (wantedPid === undefined) t.ok(!state.pid, 'poststop has no pid');
      else if (wantedPid === pid) t.equal(state.pid, pid, name);
      t.type(state.ociVersion, 'string', name);
    }
  },
);

t.test("namespaces: the runtime's or the container's", { skip: skipIf() }, async (t) => {
  const directory = box.directory('hooks');
  const show = (name: string) => `readlink /proc/self/ns/uts > ${directory}/${name}`;
  const { id } = box.started((config) => {
    config.mounts.push({ destination: directory, source: directory, options: ['bind'] });
    config.hooks = Object.fromEntries(names.map((name) => [name, [sh(show(name))]])) as Hooks;
  });
  const inside = box.call(['exec', id, 'readlink', '/proc/self/ns/uts']).stdout;
  box.remove(id);
  const own = readlinkSync('/proc/self/ns/uts');
  for (const name of names) {
    const seen = readFileSync(join(directory, name), 'utf8');
    t.equal(seen, name === 'createContainer' || name === 'startContainer' ? inside : `${own}\n`, name);
  }
});

t.test("args, env, and nothing of the caller's environment", { skip: skipIf() }, async (t) => {
  const file = join(box.directory(), 'out');
  box.run(
    (config) => {
      config.hooks = {
        createRuntime: [
          {
            path: '/bin/sh',
            args: ['my-name', '-c', `echo "$0"; env > ${file}; echo "$0" >> ${file}`],
            env: ['A=1', 'B=two words'],
          },
        ],
      };
    },
    { env: { PATH: '/bin', SECRET: 'x' } },
  );
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  t.ok(lines.includes('A=1') && lines.includes('B=two words'), lines.join());
  t.notOk(lines.some((line) => line.startsWith('SECRET')));
  t.equal(lines.at(-1), 'my-name');
});

t.test(
  'paths: of the runtime before the root is changed, of the container for startContainer',
  { skip: skipIf() },
  async (t) => {
    const directory = box.directory();
    const script = join(directory, 'hook');
    writeFileSync(script, `#!/bin/sh\necho ran >> ${directory}/ran\n`);
    chmodSync(script, 0o755);
    const bundle = box.bundle((config) => {
      config.hooks = { createContainer: [{ path: script }], startContainer: [{ path: '/in-the-container' }] };
    });
    writeFileSync(join(bundle, 'rootfs/in-the-container'), '#!/bin/sh\necho started > /started\n');
    chmodSync(join(bundle, 'rootfs/in-the-container'), 0o755);
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.equal(result.status, 0, result.stderr);
    t.equal(readFileSync(join(directory, 'ran'), 'utf8'), 'ran\n');
    t.equal(readFileSync(join(bundle, 'rootfs/started'), 'utf8'), 'started\n');
  },
);

for (const name of ['prestart', 'createRuntime', 'createContainer'] as const) {
  t.test(`${name} fails: create fails, nothing is left, poststop runs`, { skip: skipIf() }, async (t) => {
    const directory = box.directory();
    const id = box.id();
    const bundle = box.bundle((config) => {
      config.hooks = {
        [name]: [sh('echo what went wrong >&2; exit 3')],
        poststop: [sh(`touch ${directory}/poststop`)],
      };
    });
    const result = box.call(['create', '--bundle', bundle, id]);
    t.equal(result.status, 1);
    t.match(result.stderr, /hook/);
    t.match(result.stderr, /3|what went wrong/);
    t.not(box.call(['state', id]).status, 0);
    if (kind === 'tsrunc') {
      t.match(result.stderr, /what went wrong/, 'the words of the hook are quoted');
      t.match(result.stderr, new RegExp(`hooks/${name}/0`));
      t.ok(existsSync(join(directory, 'poststop')));
    }
  });
}

t.test(
  'startContainer fails: start fails, the process never runs, the container is stopped',
  { skip: skipIf(differs({ runc: 'start does not wait for the process to run' })) },
  async (t) => {
    const { id, bundle } = box.create((config) => {
      config.process.args = ['touch', '/ran'];
      config.hooks = { startContainer: [sh('exit 4')] };
    });
    const result = box.call(['start', id]);
    t.not(result.status, 0);
    t.match(result.stderr, /hook/);
    t.notOk(existsSync(join(bundle, 'rootfs/ran')));
  },
);

t.test(
  'poststart fails: start fails and the container is stopped',
  { skip: skipIf(differs({ runc: 'runs it in create' })) },
  async (t) => {
    const { id } = box.create((config) => {
      config.process.args = ['sleep', '1000'];
      config.hooks = { poststart: [sh('exit 4')] };
    });
    const result = box.call(['start', id]);
    t.comment(`spec 1.3: start must fail; the older suite wants it to succeed: status ${result.status}`);
    t.match(result.stderr, /poststart/, 'an error or a warning');
  },
);

t.test(
  'poststop fails: delete succeeds, the next hooks run',
  { skip: skipIf(differs({ runc: 'stops at the first' })) },
  async (t) => {
    const directory = box.directory();
    const { id } = box.started((config) => {
      config.hooks = { poststop: [sh('exit 1'), sh(`touch ${directory}/second`)] };
    });
    box.call(['kill', id, 'KILL']);
    box.waitStopped(id);
    t.equal(box.call(['delete', id]).status, 0);
    t.ok(existsSync(join(directory, 'second')));
  },
);

t.test('timeout', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.hooks = { createRuntime: [sh('exec sleep 1000', { timeout: 1 })] };
  });
  const result = box.call(['create', '--bundle', bundle, id]);
  t.equal(result.status, 1);
  t.match(result.stderr, /timeout|timed out|deadline|time/i);
  t.not(box.call(['state', id]).status, 0);
});

t.test('a hook that never reads its input, and one that is not there', { skip: skipIf() }, async (t) => {
  const fine = box.run((config) => {
    config.annotations = { big: 'x'.repeat(200_000) };
    config.hooks = { createRuntime: [{ path: '/bin/true' }], poststop: [{ path: '/bin/true' }] };
  });
  t.equal(fine.status, 0, fine.stderr);
  const missing = box.run((config) => (config.hooks = { createRuntime: [{ path: '/no/such/hook' }] }));
  t.equal(missing.status, 1);
  t.match(missing.stderr, /no such file or directory/);
});

t.test('hooks run before pivot_root: the root is seen where it is in the bundle', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['cat', '/from-hook/file'];
    config.hooks = {
      createContainer: [
        sh(`mkdir -p "$ROOT/from-hook" && echo made > "$ROOT/from-hook/file"`, {
          env: ['ROOT=@', 'PATH=/bin:/usr/bin'],
        }),
      ],
    };
  });
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  config.hooks.createContainer[0].env[0] = `ROOT=${bundle}/rootfs`;
  box.writeConfig(bundle, config);
  mkdirSync(join(bundle, 'rootfs/from-hook'));
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(result.stdout, 'made\n', result.stderr);
});

box.end(t);

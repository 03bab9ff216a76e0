// What hooks find: environment, working directory, seccomp filter.
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Hooks } from '../../src/config/spec.js';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const names = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
const sh = (script: string, more: object = {}) => ({ path: '/bin/sh', args: ['sh', '-c', script], ...more });

/** Runs a container whose hooks of every kind, with `env`, show something in files of a directory; what they showed by kind. */
function shown(script: string, env: string[] | undefined, change: (config: TestConfig) => void = () => {}) {
  const directory = box.directory('shown');
  chmodSync(directory, 0o777);
  const { id, bundle } = box.create(
    (config) => {
      config.mounts.push({ destination: directory, source: directory, options: ['bind'] });
      config.process.args = ['sleep', '1000'];
      config.process.cwd = '/usr';
      config.process.env = ['PATH=/bin', 'OF_THE_PROCESS=1'];
      config.process.user = { uid: 1000, gid: 1000 };
      config.hooks = Object.fromEntries(
        names.map((name) => {
          const hook = sh(`(${script}) > ${directory}/${name}`);
          return [name, [env === undefined ? hook : { ...hook, env }]];
        }),
      ) as Hooks;
      change(config);
    },
    { env: callers, cwd: '/var' },
  );
  t.equal(box.call(['start', id], { env: callers, cwd: '/var' }).status, 0);
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  t.equal(box.call(['delete', id], { env: callers, cwd: '/var' }).status, 0);
  return { bundle, of: Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')])) };
}

const callers = { PATH: '/usr/bin:/bin', OF_THE_CALLER: '1', NODE_OF_THE_CALLER: '1', LD_OF_THE_CALLER: '1' };

t.test("without env: the runtime's environment, for startContainer the process's", { skip: skipIf() }, async (t) => {
  const { of } = shown('/bin/cat /proc/self/environ', undefined, (config) => {
    // The same tools inside.
    config.process.env.push('HOME=');
  });
  for (const name of names) {
    const lines = of[name]!.split('\0');
    if (name === 'startContainer') {
      for (const line of ['OF_THE_PROCESS=1', 'PATH=/bin']) t.ok(lines.includes(line), `${name}: ${lines.join()}`);
      t.equal(lines.includes('HOME=/tmp'), !kindIs('crun'), 'the home of the user');
      t.notMatch(of[name], /OF_THE_CALLER/);
    } else if (name !== 'createContainer' || !kindIs('runc')) {
      const wanted = Object.entries(callers).map(([key, value]) => `${key}=${value}`);
      for (const line of wanted) t.ok(lines.includes(line), `${name}: ${lines.join()}`);
      t.notMatch(of[name], /OF_THE_PROCESS|TSRUNC/);
    }
  }
});

t.test('each kind has its own path, args and env', { skip: skipIf() }, async (t) => {
  const directory = box.directory('own');
  chmodSync(directory, 0o777);
  const { id } = box.started((config) => {
    config.mounts.push({ destination: directory, source: directory, options: ['bind'] });
    config.hooks = Object.fromEntries(
      names.map((name) => {
        const args = ['sh', '-c', `echo "$0, $A" > ${directory}/${name}`, `args of ${name}`];
        return [name, [{ path: '/bin/sh', args, env: [`A=env of ${name}`] }]];
      }),
    ) as Hooks;
  });
  box.remove(id);
  for (const name of names) {
    t.equal(readFileSync(join(directory, name), 'utf8'), `args of ${name}, env of ${name}\n`);
  }
});

for (const name of names)
  t.test(
    `${name} that does not end within its timeout`,
    { skip: skipIf(tsruncOnly('its words, and when it waits')) },
    (t) => {
      const id = box.id();
      const log = join(box.directory(), 'log');
      const bundle = box.bundle((config) => {
        config.process.args = ['sleep', '1000'];
        config.hooks = { [name]: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] };
      });
      const call = (...args: string[]) => box.call(['--log', log, ...args, id]).status;
      const made = call('create', '--bundle', bundle);
      const started = made === 0 && call('start');
      box.remove(id);
      const whenMade = ['prestart', 'createRuntime', 'createContainer'].includes(name);
      // That of an older version of the specification is a warning.
      t.same([made, started], whenMade ? [1, false] : [0, name === 'startContainer' ? 1 : 0]);
      if (name === 'poststop') box.call(['--log', log, 'delete', '--force', id]);
      else t.match(readFileSync(log, 'utf8'), new RegExp(`/hooks/${name}/0.*no end within`));
      t.end();
    },
  );

t.test(
  'with an env that is empty: none',
  { skip: skipIf(differs({ runc: "startContainer gets the process's" })) },
  async (t) => {
    const { of } = shown('/bin/cat /proc/self/environ', []);
    for (const name of names) t.notMatch(of[name], /OF_THE/, name);
  },
);

t.test(
  "the working directory is the bundle, the root file system or the process's, never the caller's",
  { skip: skipIf(differs({ runc: "poststop has the caller's", crun: 'createContainer has the bundle' })) },
  async (t) => {
    const { bundle, of } = shown('pwd', undefined);
    const wanted: Record<string, string> = { createContainer: `${bundle}/rootfs`, startContainer: '/usr' };
    for (const name of names) t.equal(of[name], `${wanted[name] ?? bundle}\n`, name);
  },
);

t.test('startContainer hooks run inside the seccomp filter, and all others outside', { skip: skipIf() }, async (t) => {
  const cases: [boolean, ...string[]][] = [[true], [false], [false, 'CAP_SYS_ADMIN']];
  for (const [noNewPrivileges, ...more] of cases) {
    const { of } = shown('grep ^Seccomp: /proc/self/status', undefined, (config) => {
      config.process.noNewPrivileges = noNewPrivileges;
      config.process.user = { uid: 0, gid: 0 };
      for (const set of ['bounding', 'permitted', 'effective'] as const) {
        config.process.capabilities[set]!.push(...more);
      }
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }],
      };
    });
    for (const name of names) {
      const what = `${name}, noNewPrivileges ${noNewPrivileges}, ${more}`;
      t.equal(of[name], `Seccomp:\t${name === 'startContainer' ? 2 : 0}\n`, what);
    }
  }
});

t.test('a filter that a startContainer hook stumbles over', { skip: skipIf() }, async (t) => {
  const start = (syscalls: string[], action: string) => {
    const { id, bundle } = box.create((config) => {
      config.process.args = ['touch', '/ran'];
      config.process.noNewPrivileges = true;
      config.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'mkdir /made'] }] };
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: syscalls, action }] };
    });
    const result = box.call(['start', id]);
    box.waitStopped(id);
    return { ...result, made: existsSync(join(bundle, 'rootfs/made')), ran: existsSync(join(bundle, 'rootfs/ran')) };
  };
  const denied = start(['mkdir', 'mkdirat'], 'SCMP_ACT_ERRNO');
  t.notOk(denied.made);
  t.notOk(denied.ran, 'what a hook fails at ends the container');
  // Others don't wait in start.
  if (!kindIs('tsrunc')) return;
  t.not(denied.status, 0);
  t.match(denied.stderr, /hooks\/startContainer\/0.*Operation not permitted/s);
  t.match(start(['mkdir', 'mkdirat'], 'SCMP_ACT_KILL_PROCESS').stderr, /hooks\/startContainer\/0/);
  t.match(start(['execve'], 'SCMP_ACT_ERRNO').stderr, /hooks\/startContainer\/0.*execve.*not permitted/);
  // Nothing of what init does around the hook.
  const around = start(
    ['memfd_create', 'pipe2', 'ppoll', 'waitid', 'pidfd_open', 'lseek', 'close_range'],
    'SCMP_ACT_KILL',
  );
  t.equal(around.status, 0, around.stderr);
  t.ok(around.made);
});

t.test('the state reaches a startContainer hook without memfd_create', { skip: skipIf() }, async (t) => {
  const { id, bundle } = box.create((config) => {
    config.process.noNewPrivileges = true;
    config.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'cat > /state'] }] };
    const syscalls = [{ names: ['memfd_create'], action: 'SCMP_ACT_ERRNO' }];
    config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
  });
  const { status, stderr } = box.call(['start', id]);
  t.equal(status, 0, stderr);
  t.match(JSON.parse(readFileSync(join(bundle, 'rootfs/state'), 'utf8')), { id, bundle });
});

box.end(t);

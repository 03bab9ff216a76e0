/** Options that crun has and runc has not; `TSRUNC=crun` runs them against crun. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { placeOfCalls } from '../helpers/pure-v2.js';
import { type CallOptions, kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const call = (args: string[], options: CallOptions = {}) => box.call(args, { ...placeOfCalls, ...options });
const notRunc = differs({ runc: 'it has no such option', youki: 'it has no such option' });

function started(name: string): string {
  const id = box.id(name);
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
  });
  const { status, stderr } = call(['run', '-d', '--bundle', bundle, id]);
  if (status !== 0) throw new Error(stderr);
  return id;
}

const statusOf = (id: string): string => {
  const { status, stdout } = call(['state', id]);
  return status === 0 ? JSON.parse(stdout).status : 'none';
};

t.test('--config: that file is read in place of the config.json of the bundle', { skip: skipIf(notRunc) }, (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['echo', 'from the other'];
  });
  const other = join(box.directory(), 'other.json');
  renameSync(join(bundle, 'config.json'), other);
  const { stdout, stderr } = call(['run', '--config', other, '--bundle', bundle, box.id()]);
  t.equal(stdout, 'from the other\n', stderr);
  t.end();
});

t.test(
  'kill --regex and delete --regex: all whose id matches anywhere, and no other',
  { skip: skipIf(notRunc) },
  (t) => {
    const web = [started('web'), started('web')];
    const db = started('db');
    const pattern = `${box.prefix}-web-[[:digit:]]+$`;
    t.equal(call(['kill', '--regex', pattern, 'KILL']).status, 0);
    for (const id of web) box.waitStopped(id);
    t.same([...web, db].map(statusOf), ['stopped', 'stopped', 'running']);
    t.equal(call(['delete', '--regex', pattern]).status, 0);
    t.same([...web, db].map(statusOf), ['none', 'none', 'running']);
    t.equal(call(['delete', '-r', pattern]).status, 0, 'none that matches is no error');
    t.equal(call(['delete', '--force', '-r', 'b-.$|-db-']).status, 0);
    t.equal(statusOf(db), 'none');
    t.end();
  },
);

t.test('--regex does the rest when one fails, and says so', { skip: skipIf(notRunc) }, (t) => {
  const [running, other, stopped] = [started('mix'), started('mix'), started('mix')];
  call(['kill', stopped, 'KILL']);
  box.waitStopped(stopped);
  const { status, stderr } = call(['delete', '--regex', `${box.prefix}-mix`]);
  // Whoever looks at the status alone must not think that all are gone.
  t.equal(status, kind === 'crun' ? 0 : 1);
  t.match(stderr, running);
  t.match(stderr, other);
  t.same([running, other, stopped].map(statusOf), ['running', 'running', 'none']);
  t.end();
});

t.test('an empty --regex matches nothing by mistake', { skip: skipIf(tsruncOnly('crun takes all')) }, (t) => {
  const { id } = box.started();
  t.match(call(['delete', '--force', '--regex', '']), { status: 1, stderr: /--regex: is empty/ });
  t.equal(box.state(id).status, 'running');
  t.end();
});

t.test('--regex that is no regular expression', { skip: skipIf(notRunc, differs({ crun: 'it crashes' })) }, (t) => {
  for (const command of [['delete'], ['kill']]) {
    const { status, stderr } = call([...command, '--regex', 'a(']);
    t.equal(status, 1);
    t.match(stderr, /--regex: "a\(" is no extended regular expression/);
  }
  t.end();
});

// What is open from 3 on, but for the directory that is read; what the test itself was left by who runs it shows no file of /proc.
const script = `for fd in /proc/self/fd/*; do
  case $(readlink $fd) in */fd|'') ;; *) [ $(basename $fd) -gt 2 ] && echo $(basename $fd)=$(readlink $fd) ;; esac
done`;

/** What a process has that is told to keep `count`, `3=name 5=name`, when its caller has what the redirections say. */
function kept(count: number, redirections: string, command: 'run' | 'exec', id: string): string {
  // dash takes no numbers above 9.
  const wrapper = [...(placeOfCalls.wrapper ?? []), 'bash', '-c', `exec "$@" ${redirections}`, 'bash'];
  const bundle = (): string =>
    box.bundle((config) => {
      config.process.args = ['sh', '-c', script];
    });
  const words = command === 'run' ? ['--bundle', bundle(), box.id('run')] : [id, 'sh', '-c', script];
  const { status, stdout, stderr } = box.call([command, '--preserve-fds', String(count), ...words], { wrapper });
  return status === 0 ? stdout.trim().split('\n').join(' ') : stderr;
}

t.test(
  '--preserve-fds with descriptors that are not open: nothing is there in the container, and none of the runtime',
  { skip: skipIf(differs({ runc: 'its own descriptors take their numbers' })) },
  (t) => {
    const id = started('fds');
    const file = '/proc/sys/kernel/ostype';
    for (const command of ['run', 'exec'] as const) {
      const has = (count: number, redirections: string) => kept(count, redirections, command, id);
      t.equal(has(3, `3<${file} 5<${file}`), `3=${file} 5=${file}`);
      t.equal(has(3, `5<${file}`), `5=${file}`);
      t.equal(has(3, `3<${file} 4<${file}`), `3=${file} 4=${file}`);
      t.equal(has(1, `4<${file}`), '');
      t.equal(has(15, `17<${file}`), `17=${file}`);
      t.match(has(100000, `3<${file}`), `3=${file}`);
    }
    t.end();
  },
);

t.test(
  'LISTEN_FDS that are not open are refused',
  { skip: skipIf(differs({ runc: 'its own take their numbers', crun: 'it takes them' })) },
  (t) => {
    const wrapper = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@" 3</dev/null', 'sh'];
    const { status, stderr } = box.sh('true', () => {}, { wrapper });
    t.equal(status, 1);
    t.match(stderr, /unable to preserve descriptor 4: it is not open; LISTEN_FDS counts from 3 on/);
    t.end();
  },
);

box.end(t);

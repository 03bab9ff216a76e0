/** What of the host a process of the container can get at: the executable of the runtime, directories that are open. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { compile, needsCompiler } from '../../helpers/compile.js';
import { runtime } from '../../helpers/runtime.js';
import type { Sandbox } from '../../helpers/sandbox.js';
import {
  bundleWith,
  complaint,
  fell,
  held,
  hostFile,
  type Outcome,
  type Play,
  runOnce,
  shell,
  unplayed,
  withCapabilities,
} from './stage.js';

/** A process of the container looks at every process of exec, as fast as it can, for a directory of the host. */
function traced(box: Sandbox, capabilities: string[]): Outcome {
  const missing = needsCompiler();
  if (missing) return unplayed(missing);
  const secret = join(box.directory('secret'), 'file');
  writeFileSync(secret, 'of the host');
  const results = box.directory('results');
  chmodSync(results, 0o777);
  const bundle = box.bundle((config) => {
    withCapabilities(config, ...capabilities);
    config.mounts.push({ destination: '/results', source: results, options: ['bind'] });
    config.process.args = ['/tracer', secret, `${process.pid}/root${secret}`, '/results'];
  });
  compile('tracer.c', join(bundle, 'rootfs/tracer'));
  const id = box.id('traced');
  const started = box.call(['run', '--detach', '--bundle', bundle, id]);
  if (started.status !== 0) return unplayed(complaint(started));
  try {
    for (let i = 0; i < 1000 && !existsSync(join(results, 'ready')); i++) box.call(['state', id]);
    if (!existsSync(join(results, 'ready'))) return unplayed('the tracer did not start');
    const stolen = join(results, 'stolen');
    for (let i = 0; i < 30 && !existsSync(stolen); i++) box.call(['exec', id, 'true']);
    return existsSync(stolen) ? fell(`found in exec: ${readFileSync(stolen, 'utf8').split('\n')[0]}`) : held();
  } finally {
    box.remove(id);
  }
}

export const execTraced: Play = ({ box }) => traced(box, []);
export const execTracedWithCapability: Play = ({ box }) => traced(box, ['CAP_SYS_PTRACE']);

/** A copy of the runtime that may be lost; the runtime itself where it needs what lies beside it. */
function expendable(box: Sandbox): string {
  const copy = join(box.directory('runtime'), basename(runtime));
  copyFileSync(runtime, copy);
  chmodSync(copy, 0o755);
  return box.call(['--version'], { executable: copy }).status === 0 ? copy : runtime;
}

/** The container keeps the executable of exec's process open, and writes to it once it has ended. */
export const runtimeExecutable: Play = ({ box }) => {
  const copy = expendable(box);
  const sum = () => createHash('sha256').update(readFileSync(copy)).digest('hex');
  const before = sum();
  // /sleep is what the container would see of a runtime that it can get at.
  const look =
    'for p in /proc/[0-9]*; do exe=$(readlink $p/exe); case $exe in */busybox) ;; ?*) exec 5< $p/exe && echo $exe >> /seen; echo x > /proc/$$/fd/5;; esac; done';
  const other = 'cp /bin/busybox /sleep; /sleep 1000 &';
  const bundle = box.bundle((config) => shell(config, `${other} while :; do { ${look}; } 2> /dev/null; done`));
  const id = box.id('overwrites');
  const started = box.call(['run', '--detach', '--bundle', bundle, id]);
  if (started.status !== 0) return unplayed(complaint(started));
  try {
    for (let i = 0; i < 20; i++) box.call(['exec', id, '/proc/self/exe', '--version'], { executable: copy });
    for (let i = 0; i < 20; i++) box.call(['exec', id, 'true'], { executable: copy });
  } finally {
    box.remove(id);
  }
  if (sum() !== before) return fell("the runtime's executable on the host was overwritten");
  const seen = join(bundle, 'rootfs/seen');
  return existsSync(seen) && hostFile(seen).includes('/sleep') ? held() : unplayed('the container saw no process');
};

/** A file of the host that no container has, and a look for it upwards from the working directory. */
function hostSecret(box: Sandbox): string[] {
  const directory = box.directory('host');
  writeFileSync(join(directory, 'file'), 'ESCAPED');
  return ['sh', '-c', `cat ../../../../..${directory}/file .${directory}/file; echo looked`];
}

const fds = Array.from({ length: 10 }, (_, i) => i + 3);

/** The working directory is a descriptor that the runtime itself left open. */
export const workingDirectory: Play = ({ box }) => {
  const look = hostSecret(box);
  for (const fd of fds) {
    const result = box.run((config) => {
      config.process.cwd = `/proc/self/fd/${fd}`;
      config.process.args = look;
    });
    if (result.stdout.includes('ESCAPED')) return fell(`run with cwd /proc/self/fd/${fd} is on the host`);
    const bundle = bundleWith(
      box,
      (config) => {
        config.process.cwd = '/link';
        config.process.args = look;
      },
      (path) => symlinkSync(`/proc/self/fd/${fd}`, join(path, 'rootfs/link')),
    );
    if (runOnce(box, bundle).stdout.includes('ESCAPED')) return fell(`a link to /proc/self/fd/${fd} as the cwd`);
  }
  const { id } = box.started();
  for (const fd of fds) {
    const result = box.call(['exec', '--cwd', `/proc/self/fd/${fd}`, id, ...look]);
    if (result.stdout.includes('ESCAPED')) return fell(`exec --cwd /proc/self/fd/${fd} is on the host`);
  }
  const there = box.call(['exec', '--cwd', '/tmp', id, ...look]);
  return there.stdout.includes('looked') ? held() : unplayed(complaint(there));
};

/** The same with descriptors that the caller left open without asking for them to be kept. */
export const callersDescriptors: Play = ({ box }) => {
  const look = hostSecret(box);
  const directory = openSync('/', 'r');
  try {
    const extraFds = [directory, directory, directory];
    for (const fd of [3, 4, 5]) {
      const change = (config: Parameters<Parameters<typeof box.run>[0]>[0]) => {
        config.process.cwd = `/proc/self/fd/${fd}`;
        config.process.args = look;
      };
      if (box.run(change, { extraFds }).stdout.includes('ESCAPED')) return fell('the cwd is a directory of the caller');
    }
    const list = box.run((config) => (config.process.args = ['ls', '/proc/self/fd']), { extraFds });
    if (list.status !== 0) return unplayed(complaint(list));
    return list.stdout === '0\n1\n2\n3\n'
      ? held()
      : fell(`the process has ${list.stdout.trim().replaceAll('\n', ' ')}`);
  } finally {
    closeSync(directory);
  }
};

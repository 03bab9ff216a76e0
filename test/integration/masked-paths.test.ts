/** linux.maskedPaths and linux.readonlyPaths. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('maskedPaths: files read empty, directories are empty and read-only', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = [
      'sh',
      '-c',
      'cat /secret; ls /directory; touch /directory/x 2>/dev/null; echo $?; ls /missing 2>&1',
    ];
    config.linux.maskedPaths = ['/secret', '/directory', '/missing'];
  });
  writeFileSync(join(bundle, 'rootfs/secret'), 'SECRET');
  mkdirSync(join(bundle, 'rootfs/directory'));
  writeFileSync(join(bundle, 'rootfs/directory/file'), 'SECRET');
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.match(result.stdout, /^1\nls: \/missing: No such file/, result.stderr);
});

t.test('readonlyPaths', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'echo x > /file; echo $?; touch /directory/x; echo $?; cat /file'];
    config.linux.readonlyPaths = ['/file', '/directory', '/missing'];
  });
  writeFileSync(join(bundle, 'rootfs/file'), 'kept\n');
  mkdirSync(join(bundle, 'rootfs/directory'));
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(result.stdout, '1\n1\nkept\n', result.stderr);
});

t.test(
  'readonlyPaths of the root, however it is written',
  { skip: skipIf(differs({ runc: 'what exec starts is on the bind of / over itself, which is writable' })) },
  async (t) => {
    for (const path of ['/', '/./', '//', '/..', '/directory/..', '/link', '/link/.', '/inner/up']) {
      const bundle = box.bundle((config) => {
        config.process.args = ['sh', '-c', 'touch /x; echo $?; touch /tmp/y; echo $?; sleep 1000'];
        config.linux.readonlyPaths = [path];
        config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
      });
      for (const directory of ['directory', 'inner']) mkdirSync(join(bundle, 'rootfs', directory));
      symlinkSync('/', join(bundle, 'rootfs/link'));
      symlinkSync('..', join(bundle, 'rootfs/inner/up'));
      const id = box.id();
      const run = box.call(['run', '--detach', '--bundle', bundle, id]);
      t.equal(run.status, 0, `${path}: ${run.stderr}`);
      const exec = box.call(['exec', id, 'sh', '-c', 'touch /x 2>/dev/null; echo $?; touch /tmp/y; echo $?']);
      t.equal(exec.stdout, '1\n0\n', `exec, ${path}`);
      const script = 'grep " / / \\| / ro" /proc/self/mountinfo';
      t.match(box.call(['exec', id, 'sh', '-c', script]).stdout, / \/ ro[, ]/, path);
      t.notOk(existsSync(join(bundle, 'rootfs/x')), `the container's process, ${path}`);
      box.remove(id);
    }
  },
);

const notSeen = differs({ runc: 'covers / with a directory that the process does not see' });

t.test('maskedPaths of the root are refused, however they are written', { skip: skipIf(notSeen) }, async (t) => {
  for (const path of ['/', '/./', '//', '/..', '/directory/..', '/link', '/link/', '/inner/up']) {
    const bundle = box.bundle((config) => {
      config.linux.maskedPaths = [path];
    });
    for (const directory of ['directory', 'inner']) mkdirSync(join(bundle, 'rootfs', directory));
    symlinkSync('/', join(bundle, 'rootfs/link'));
    symlinkSync('..', join(bundle, 'rootfs/inner/up'));
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.not(result.status, 0, path);
    t.match(result.stderr, /maskedPaths\/0.*(root file system itself)/, path);
  }
});

t.test('masked and read-only paths by other names, and twice', { skip: skipIf() }, async (t) => {
  // Each leads to `real/it` in a directory of its own.
  const all = ['real/it', '/real//it', 'real/it/', 'real/./it', 'real/it/.', 'link/it', 'by-name', 'real/sub/../it'];
  // A slash behind a file is an error of the kernel's, which runc passes on.
  const names = kindIs('runc') ? all.filter((name) => !/\/\.?$/.test(name)) : all;
  for (const kind of ['file', 'directory'] as const) {
    for (const field of ['maskedPaths', 'readonlyPaths'] as const) {
      const script = {
        file: 'for n in /n*; do cat $n/real/it; echo x >> $n/real/it; done; true',
        directory: 'for n in /n*; do ls -A $n/real/it; touch $n/real/it/new; done; true',
      }[kind];
      const bundle = box.bundle((config) => {
        config.process.args = ['sh', '-c', script];
        config.linux[field] = names.flatMap((name, i) =>
          i === 0 ? [`/n0/${name}`, `/n0/${name}`] : [`/n${i}/${name}`],
        );
      });
      const real = (i: number): string => join(bundle, `rootfs/n${i}/real`);
      names.forEach((_, i) => {
        mkdirSync(join(real(i), 'sub'), { recursive: true });
        if (kind === 'directory') mkdirSync(join(real(i), 'it'));
        writeFileSync(kind === 'directory' ? join(real(i), 'it/SECRET') : join(real(i), 'it'), 'SECRET');
        symlinkSync('real', join(bundle, `rootfs/n${i}/link`));
        symlinkSync(`/n${i}/real/it`, join(bundle, `rootfs/n${i}/by-name`));
      });
      const result = box.call(['run', '--bundle', bundle, box.id()]);
      t.equal(result.status, 0, `${field}: ${result.stderr}`);
      const seen = result.stdout.split('SECRET').length - 1;
      t.equal(seen, field === 'maskedPaths' ? 0 : names.length, `${field} of a ${kind}: what is seen`);
      names.forEach((name, i) => {
        const it = join(real(i), 'it');
        const left = kind === 'file' ? readFileSync(it, 'utf8') : readdirSync(it).join();
        t.equal(left, 'SECRET', `${field} of a ${kind}, ${name}: not written to`);
      });
    }
  }
});

t.test(
  '`..` behind a link: both that the text says and that the kernel finds',
  { skip: skipIf(differs({ runc: 'what the kernel finds alone' })) },
  async (t) => {
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', 'cat /it /far/it; true'];
      config.linux.maskedPaths = ['/up/../it'];
    });
    mkdirSync(join(bundle, 'rootfs/far/away'), { recursive: true });
    symlinkSync('far/away', join(bundle, 'rootfs/up'));
    for (const file of ['it', 'far/it']) writeFileSync(join(bundle, 'rootfs', file), 'SECRET');
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.match(result, { status: 0, stdout: '' }, result.stderr);
  },
);

box.end(t);

// Engines and images name a working directory that isn't in the image. Asserted: it is made while what it lies in can still be
// written to, with the owner and mode that runc gives it, and an error names the field.
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const SHOW = 'pwd; stat -c "%a %u:%g" /new /new/directory; touch file 2>&1';
const MADE = '/new/directory\n755 0:0\n755 0:0\n';
const CLOSED = /Read-only file system/;

function make(change: (config: TestConfig) => void, prepare: (rootfs: string) => void = () => {}) {
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', SHOW];
    config.process.cwd = '/new/directory';
    change(config);
  });
  prepare(join(bundle, 'rootfs'));
  return box.call(['run', '--bundle', bundle, box.id()]);
}

const readonly = (config: TestConfig): void => {
  config.root.readonly = true;
};

t.test('in a root that becomes read-only', { skip: skipIf() }, async (t) => {
  const { stdout, stderr } = make(readonly);
  t.equal(stdout.slice(0, MADE.length), MADE, stderr);
  t.match(stdout, CLOSED);
});

t.test('whatever umask and user the process has', { skip: skipIf() }, async (t) => {
  const { stdout, stderr } = make((config) => {
    readonly(config);
    config.process.user = { uid: 1000, gid: 1000, umask: 0o77 };
  });
  t.equal(stdout.slice(0, MADE.length), MADE, stderr);
});

t.test('in a user namespace', { skip: skipIf() }, async (t) => {
  const { stdout, stderr } = make(
    (config) => {
      readonly(config);
      withUserNamespace(config);
    },
    (rootfs) => execFileSync('chown', ['100000:100000', rootfs]),
  );
  t.equal(stdout.slice(0, MADE.length), MADE, stderr);
  t.match(stdout, CLOSED);
});

t.test('without pivot_root', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', SHOW];
    config.process.cwd = '/new/directory';
    readonly(config);
  });
  const { stdout, stderr } = box.call(['run', '--no-pivot', '--bundle', bundle, box.id()]);
  t.equal(stdout.slice(0, MADE.length), MADE, stderr);
  t.match(stdout, CLOSED);
});

t.test('in a tmpfs that becomes read-only', { skip: skipIf() }, async (t) => {
  const { stdout, stderr } = make((config) => {
    readonly(config);
    config.mounts.push({ destination: '/new', type: 'tmpfs', source: 'tmpfs', options: ['ro', 'mode=755'] });
  });
  t.equal(stdout.slice(0, MADE.length), MADE, stderr);
  t.match(stdout, CLOSED);
});

t.test(
  'behind a link of the image',
  { skip: skipIf(differs({ runc: 'a link that leads nowhere is an error' })) },
  async (t) => {
    const outside = box.directory('outside');
    for (const [target, seen] of [
      ['mnt', '/mnt/directory'],
      [`../../../../../..${outside}`, `${outside}/directory`],
    ] as const) {
      const { stdout, stderr } = make(readonly, (rootfs) => symlinkSync(target, join(rootfs, 'new')));
      t.match(stdout, new RegExp(`^(/new/directory|${seen})\n`), stderr);
    }
    execFileSync('rmdir', [outside]);
  },
);

t.test(
  'in a bind that is read-only',
  { skip: skipIf(differs({ crun: 'makes it in the source of the bind' })) },
  async (t) => {
    const source = box.directory('source');
    const { status, stderr } = make((config) => {
      config.mounts.push({ destination: '/new', type: 'bind', source, options: ['bind', 'ro'] });
    });
    t.equal(status, 1);
    t.match(stderr, /\/process\/cwd: .*read-only file system|mkdir \/new\/directory: read-only file system/);
  },
);

box.end(t);

/** Mount options that crun has and runc has not; `TSRUNC=crun` runs them against crun. */
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withoutNamespace, withUserNamespace } from '../helpers/config.js';
import { placeOfCalls } from '../helpers/pure-v2.js';
import { execute, kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const notRunc = differs({ runc: 'it has no such option', youki: 'it has no such option' });

/** Where the sources are: `file`, `link` to it, `other`. */
function sources(): string {
  const directory = box.directory('source');
  writeFileSync(join(directory, 'file'), 'file\n');
  symlinkSync('file', join(directory, 'link'));
  symlinkSync('/nowhere/at/all', join(directory, 'dangling'));
  return directory;
}

function run(script: string, destination: string, source: string, options: string[], more: Partial<Change> = {}) {
  const { change = () => {}, image = () => {} } = more;
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', script];
    config.mounts.push({ destination, type: 'bind', source, options });
    change(config);
  });
  image(join(bundle, 'rootfs'));
  const result = box.call(['run', '--bundle', bundle, box.id('run')], placeOfCalls);
  return { ...result, rootfs: join(bundle, 'rootfs') };
}
interface Change {
  change: (config: TestConfig) => void;
  image: (rootfs: string) => void;
}
const users = [{}, { change: (config: TestConfig) => withUserNamespace(config) }];

t.test('copy-symlink: of a link the same link, of anything else a bind', { skip: skipIf(notRunc) }, (t) => {
  const directory = sources();
  for (const more of users) {
    const options = ['rbind', 'rprivate', 'copy-symlink'];
    const image = (rootfs: string) => {
      if ('change' in more) execChown(rootfs);
    };
    const link = run('readlink /mnt/here', '/mnt/here', join(directory, 'dangling'), options, { ...more, image });
    t.equal(link.stdout, '/nowhere/at/all\n', link.stderr);
    t.equal(readlinkSync(join(link.rootfs, 'mnt/here')), '/nowhere/at/all');
    const file = run('cat /mnt/file', '/mnt/file', join(directory, 'file'), options, { ...more, image });
    t.equal(file.stdout, 'file\n', file.stderr);
  }
  const there = (target: string) =>
    run('readlink /mnt/here', '/mnt/here', join(directory, 'link'), ['bind', 'copy-symlink'], {
      image: (rootfs) => symlinkSync(target, join(rootfs, 'mnt/here')),
    });
  t.equal(there('file').stdout, 'file\n', 'the same link is there');
  t.not(there('elsewhere').status, 0, 'another link is there');
  t.end();
});

/** Root of the user namespace of these tests is to make files in the image. */
function execChown(rootfs: string): void {
  execute(['chown', '-R', '100000:100000', rootfs]);
}

t.test('src-nofollow: the link itself is mounted', { skip: skipIf(notRunc) }, (t) => {
  const directory = sources();
  const link = (rootfs: string) => symlinkSync('nothing', join(rootfs, 'mnt/here'));
  for (const more of users) {
    const both = run(
      'readlink /mnt/here',
      '/mnt/here',
      join(directory, 'dangling'),
      ['bind', 'src-nofollow', 'dest-nofollow'],
      {
        ...more,
        image: link,
      },
    );
    t.equal(both.stdout, '/nowhere/at/all\n', both.stderr);
    t.equal(readlinkSync(join(both.rootfs, 'mnt/here')), 'nothing', 'the image is as it was');
  }
  t.end();
});

t.test(
  'dest-nofollow: a link in the place is mounted on, and what is missing is not made',
  { skip: skipIf(notRunc) },
  (t) => {
    const directory = sources();
    const options = ['bind', 'dest-nofollow'];
    const onLink = run('cat /mnt/here; cat /mnt/real', '/mnt/here', join(directory, 'file'), options, {
      image: (rootfs) => {
        writeFileSync(join(rootfs, 'mnt/real'), 'real\n');
        symlinkSync('real', join(rootfs, 'mnt/here'));
      },
    });
    t.equal(onLink.stdout, 'file\nreal\n', onLink.stderr);
    const missing = run('true', '/mnt/here', join(directory, 'file'), options);
    t.not(missing.status, 0);
    // A link on the way that leads out stays within the root.
    const outside = run('cat /etc/here', '/mnt/way/here', join(directory, 'file'), options, {
      image: (rootfs) => {
        symlinkSync('../../../../etc', join(rootfs, 'mnt/way'));
        writeFileSync(join(rootfs, 'etc/here'), 'image\n');
      },
    });
    t.equal(outside.stdout, 'file\n', outside.stderr);
    const intoProc = run('true', '/mnt/way/version', join(directory, 'file'), options, {
      image: (rootfs) => symlinkSync('/proc', join(rootfs, 'mnt/way')),
    });
    t.not(intoProc.status, 0, 'a file of the container’s /proc is not covered');
    t.end();
  },
);

t.test('copy-symlink beside the others, and any of them where it has no meaning', { skip: skipIf(notRunc) }, (t) => {
  const directory = sources();
  for (const other of ['src-nofollow', 'dest-nofollow']) {
    const { status, stderr } = run('true', '/mnt/x', join(directory, 'link'), ['bind', 'copy-symlink', other]);
    t.not(status, 0);
    t.match(stderr, 'copy-symlink');
  }
  if (kind !== 'crun')
    for (const option of ['copy-symlink', 'src-nofollow', 'dest-nofollow']) {
      const { status, stderr } = run('true', '/mnt/x', 'tmpfs', ['bind'], {
        change: (config) => {
          config.mounts.pop();
          config.mounts.push({ destination: '/mnt/x', type: 'tmpfs', source: 'tmpfs', options: [option] });
        },
      });
      t.not(status, 0);
      t.match(stderr, /\/mounts\/\d\/options\/0: is ".*", which only a new bind mount can have/);
    }
  t.end();
});

t.test('sysfs in a user namespace without a network namespace of its own', { skip: skipIf(notRunc) }, (t) => {
  const script = `sed -n 's|^.* /\\(sys[^ ]*\\) \\([a-z]*\\),.*|\\1 \\2|p' /proc/self/mountinfo | sort -u; ls /sys/fs/cgroup; ls /sys/class | head -1`;
  const sys = (options: string[]) => {
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', script];
      withoutNamespace(config, 'network');
      withUserNamespace(config);
      const mount = config.mounts.find(({ type }) => type === 'sysfs');
      mount!.options = options;
    });
    return box.call(['run', '--bundle', bundle, box.id('sys')], placeOfCalls);
  };
  const { stdout, stderr, status } = sys(['ro', 'nosuid', 'noexec', 'nodev']);
  t.equal(status, 0, stderr);
  const lines = stdout.trim().split('\n');
  t.ok(lines.includes('sys ro') || kind === 'crun', stdout);
  // crun leaves it writable.
  if (kind !== 'crun')
    t.notOk(
      lines.some((line) => line.endsWith(' rw')),
      stdout,
    );
  t.equal(
    lines.filter((line) => !line.startsWith('sys')).length,
    1,
    'no cgroup of the host is seen, and it is a sysfs',
  );
  const writable = sys(['nosuid']);
  t.not(writable.status, 0);
  if (kind !== 'crun') t.match(writable.stderr, /\/mounts\/5\/type: .*can mount no sysfs/);
  t.end();
});

t.test('idmap=uids=…;gids=…: absolute, and relative to the container', { skip: skipIf(notRunc) }, (t) => {
  const directory = box.directory('owned');
  const made = (name: string, uid: number, gid: number) => {
    mkdirSync(join(directory, name));
    execute(['chown', `${uid}:${gid}`, join(directory, name)]);
  };
  made('a', 0, 0);
  made('b', 1, 5);
  const inside = { ...users[1], image: execChown };
  const show = 'stat -c %u:%g /mnt/m/a /mnt/m/b';
  const without = run(show, '/mnt/m', directory, ['rbind', 'idmap=uids=0-1000-2#2-3000-5;gids=0-2000-10']);
  if (/idmap|Invalid argument|not supported/i.test(without.stderr)) {
    t.comment(`no id-mapped mounts here: ${without.stderr}`);
  } else {
    t.equal(without.stdout, '1000:2000\n1001:2005\n', without.stderr);
    const relative = run(show, '/mnt/m', directory, ['rbind', 'idmap=uids=@0-0-1#@1-7-1;gids=@0-3-10'], inside);
    t.equal(relative.stdout, '0:3\n7:8\n', relative.stderr);
    const host = run(show, '/mnt/m', directory, ['rbind', 'idmap=uids=0-100004-2;gids=0-100000-10'], inside);
    t.equal(host.stdout, '4:0\n5:5\n', host.stderr);
  }
  t.end();
});

t.test(
  'an id map that is none, or that the container does not hold',
  { skip: skipIf(notRunc, differs({ crun: 'some it takes, and maps nothing' })) },
  (t) => {
    const directory = sources();
    for (const [map, wrong] of [
      ['idmap=', 'must have uids=FROM-TO-COUNT and gids'],
      ['idmap=uids=0-1-2', 'has no gids; must have both'],
      ['idmap=uids=0-1;gids=0-0-1', 'must have ranges'],
      ['idmap=uids=0-0-0;gids=0-0-1', 'must have ranges'],
      ['idmap=uids=0-0-1;uids=1-1-1;gids=0-0-1', 'has uids twice'],
      ['idmap=uids=@0-0-1;gids=0-0-1', 'which one mapping of /linux does not hold'],
    ] as const) {
      const { status, stderr } = run('true', '/mnt/m', directory, ['bind', map]);
      t.equal(status, 1);
      t.ok(stderr.includes('/options/1') && stderr.includes(wrong), `${map}: ${stderr}`);
    }
    const split = run('true', '/mnt/m', directory, ['bind', 'idmap=uids=@0-65530-10;gids=0-0-1'], users[1]);
    t.match(split.stderr, /which one mapping of \/linux does not hold/);
    const other = run('true', '/mnt/m', directory, ['bind', 'idmap', 'idmap=uids=0-0-1;gids=0-0-1'], users[1]);
    t.match(other.stderr, /beside another id map; must be the only one/);
    t.end();
  },
);

box.end(t);

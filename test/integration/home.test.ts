import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('HOME comes from /etc/passwd when it is not set', { skip: skipIf() }, async (t) => {
  const { stdout } = box.sh('echo $HOME', (config) => {
    config.process.env = ['PATH=/bin'];
    config.process.user = { uid: 1000, gid: 1000 };
  });
  t.equal(stdout, '/tmp\n');
});

t.test('an empty HOME counts as none, also in exec', { skip: skipIf(differs({ crun: 'keeps it' })) }, async (t) => {
  const show = ['sh', '-c', 'echo $HOME; env | grep -c ^HOME='];
  const change = (config: TestConfig) => {
    config.process.env = ['PATH=/bin', 'HOME='];
    config.process.user = { uid: 1000, gid: 1000 };
  };
  const { stdout } = box.run((config) => {
    change(config);
    config.process.args = show;
  });
  t.equal(stdout, '/tmp\n1\n');
  const { id } = box.started(change);
  t.equal(box.call(['exec', id, ...show]).stdout, '/tmp\n1\n', 'exec');
  t.equal(box.call(['exec', '--user', '0', id, ...show]).stdout, '/root\n1\n', 'exec --user');
  t.equal(box.call(['exec', '-e', 'HOME=/usr', id, ...show]).stdout, '/usr\n1\n', 'exec -e');
  t.equal(box.call(['exec', '-e', 'HOME=', id, ...show]).stdout, '/tmp\n1\n', 'exec -e, empty');
  const file = join(box.directory(), 'process.json');
  const process = { cwd: '/', user: { uid: 1000, gid: 1000 }, args: show, env: ['PATH=/bin', 'HOME='] };
  writeFileSync(file, JSON.stringify(process));
  t.equal(box.call(['exec', '-p', file, id]).stdout, '/tmp\n1\n', 'exec -p');
});

t.test('an /etc/passwd that is a link is followed, inside the root', { skip: skipIf() }, async (t) => {
  const outside = join(box.directory(), 'passwd');
  writeFileSync(outside, 'user:x:1000:1000::/of-the-host:/bin/sh\n');
  const home = (link: string, exec = false) => {
    const bundle = box.bundle((config) => {
      config.process.args = exec ? ['sleep', '1000'] : ['sh', '-c', 'echo $HOME'];
      config.process.env = ['PATH=/bin'];
      config.process.user = { uid: 1000, gid: 1000 };
    });
    const etc = join(bundle, 'rootfs/etc');
    mkdirSync(join(bundle, 'rootfs/usr/share'), { recursive: true });
    renameSync(join(etc, 'passwd'), join(bundle, 'rootfs/usr/share/passwd'));
    symlinkSync(link, join(etc, 'passwd'));
    if (!exec) return box.call(['run', '--bundle', bundle, box.id()]).stdout;
    const id = box.id();
    box.call(['run', '-d', '--bundle', bundle, id]);
    const { stdout } = box.call(['exec', id, 'sh', '-c', 'echo $HOME']);
    box.remove(id);
    return stdout;
  };
  t.equal(home('../usr/share/passwd'), '/tmp\n');
  t.equal(home('/usr/share/passwd'), '/tmp\n');
  t.equal(home('/usr/share/passwd', true), '/tmp\n', 'exec');
  t.equal(home('../../../../../../usr/share/passwd'), '/tmp\n', 'not above the root');
  t.equal(home(outside), '/\n', 'not on the host');
  t.equal(home('/no/such/file'), '/\n');
  t.equal(home('passwd'), '/\n', 'a link to itself');
  t.equal(home('/proc/self/fd/0'), '/\n');
});

box.end(t);

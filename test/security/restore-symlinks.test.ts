// The container's symlinks, in the root file system that it is restored in: they had the runtime make mount points within a
// directory of the host that the container may only read, and could give one mount the name of another in criu's images. One that
// has `]:` in it was read by criu as another, of a source that the container chose (CVE-2026-119101, CVE-2026-115520).
import { chmodSync, copyFileSync, existsSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { checkMountName } from '../../src/criu/external-mounts.js';
import { criuResponse, RequestType } from '../../src/criu/messages.js';
import { encodeMessage } from '../../src/criu/protobuf.js';
import { mountSources } from '../../src/criu/restore-facts.js';
import type { Native } from '../../src/native/native.js';
import type { PlannedStep } from '../../src/plan/plan.js';
import { noCriu, withCriu } from '../helpers/criu.js';
import { plainEnv, project } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

t.test(
  'no mount point is made in what is bound read-only',
  { skip: skipIf(noCriu, differs({ runc: 'a control for the runtime under test alone' })) },
  async (t) => {
    const host = box.directory('host');
    const volume = box.directory('volume');
    const { id, bundle } = box.started((config) => {
      config.process.args = ['sh', '-c', 'exec sleep 1000 >/dev/null 2>&1'];
      config.mounts.push({ destination: '/host', type: 'bind', source: host, options: ['bind', 'ro'] });
      config.mounts.push({ destination: '/srv/volume', type: 'bind', source: volume, options: ['bind', 'rw'] });
    });
    const images = join(box.directory('images'), 'checkpoint');
    const dumped = box.call(['checkpoint', '--image-path', images, id], withCriu);
    t.equal(dumped.status, 0, dumped.stderr);
    const rootfs = join(bundle, 'rootfs');
    renameSync(join(rootfs, 'srv'), join(rootfs, 'away'));
    symlinkSync('/host', join(rootfs, 'srv'));
    const restored = box.call(['restore', '--image-path', images, '--bundle', bundle, '--detach', id], withCriu);
    t.not(restored.status, 0);
    t.match(restored.stderr, /read-only file system/i);
    t.same(readdirSync(host), [], 'nothing was made in the directory of the host');
    t.notOk(existsSync(box.root) && readdirSync(box.root).includes(id), 'nothing is left of the container');
  },
);

/** A root file system with these symlinks, and nothing else. */
function withLinks(links: Record<string, string>): Native {
  const native: Partial<Native> = {
    stat: (path) => (links[path.slice(2)] === undefined ? null : ({ mode: 0o120777 } as never)),
    readLink: (path) => links[path.slice(2)]!,
  };
  return native as Native;
}

const binds = (...targets: string[]) =>
  targets.map((target) => ({ step: 'mount-bind', target, source: `/source${target}` })) as unknown as PlannedStep[];

t.test('a mount keeps the name that the configuration gives it', async (t) => {
  const steps = binds('/writable/data', '/secret/data');
  const sources = mountSources(withLinks({ '/secret': '/writable' }), '/r', steps);
  t.same(
    sources.filter(({ key }) => key === '/writable/data'),
    [{ key: '/writable/data', val: '/source/writable/data' }],
  );
});

t.test('two mounts that come to one name are refused', async (t) => {
  const links = withLinks({ '/var/run': '/run', '/secret': '/run' });
  t.throws(() => mountSources(links, '/r', binds('/var/run/data', '/secret/data')), {
    code: 'system',
    message: /secret\/data both to \/run\/data/,
  });
});

t.test('a link of the container gives no mount a name that criu takes for another', async (t) => {
  const links = withLinks({ '/link': '/volume]:/host' });
  t.throws(() => mountSources(links, '/r', binds('/volume', '/link/data')), {
    code: 'unsupported',
    message: /can't name a mount at \/volume\]:\/host\/data/,
  });
  t.equal(checkMountName('/a]/b:c'), '/a]/b:c', 'only both together are taken for the end of a name');
});

t.test('nor in a dump', { skip: skipIf(tsruncOnly('its own criu protocol')) }, async (t) => {
  const volume = box.directory('volume');
  const { id } = box.started((config) => {
    config.process.args = [
      'sh',
      '-c',
      'mv /srv /away; mkdir -p "/volume]:/host"; ln -s "/volume]:/host" /srv; exec sleep 1000',
    ];
    config.mounts.push({ destination: '/srv/data', source: volume, options: ['bind'] });
  });
  const linked = () => box.call(['exec', id, 'test', '-L', '/srv']).status === 0;
  for (let i = 0; i < 1000 && !linked(); i++) box.call(['state', id]);
  t.ok(linked(), 'the container has turned the way to its volume into a link');
  const criu = join(box.directory('path'), 'criu');
  copyFileSync(join(project, 'test/helpers/fake-criu.py'), criu);
  chmodSync(criu, 0o755);
  const version = { type: RequestType.version, success: true, version: { major: 4, minor: 2 } };
  const actions = [['get'], ['put', Buffer.from(encodeMessage(criuResponse, version)).toString('hex')]];
  const env = {
    ...plainEnv,
    PATH: `${dirname(criu)}:${plainEnv.PATH}`,
    FAKE_CRIU: JSON.stringify(actions),
    FAKE_CRIU_GOT: join(dirname(criu), 'got'),
  };
  const dumped = box.call(['checkpoint', '--image-path', join(box.directory('images'), 'images'), id], { env });
  t.not(dumped.status, 0);
  t.match(dumped.stderr, /can't name a mount at \/volume\]:\/host\/data/);
  t.equal(box.state(id).status, 'running', 'it goes on');
});

box.end(t);

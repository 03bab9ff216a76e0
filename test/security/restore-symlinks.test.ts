// The container's symlinks, in the root file system that it is restored in: they had the runtime make mount points within a
// folder of the host that the container may only read, and could give one mount the name of another in criu's images.
import { existsSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mountSources } from '../../src/criu/restore-facts.js';
import type { Native } from '../../src/native/native.js';
import type { PlannedStep } from '../../src/plan/plan.js';
import { noCriu, withCriu } from '../helpers/criu.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

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
    t.same(readdirSync(host), [], 'nothing was made in the folder of the host');
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

box.end(t);

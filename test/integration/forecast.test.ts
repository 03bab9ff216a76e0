/** What `explain --check` foretells as root, beside what then really happens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { baseConfig } from '../helpers/config.js';
import { checkCounts, compareForecast, notWanted, PATIENCE } from '../helpers/forecast.js';
import { anyonesCases, type ForecastCase, rootCases } from '../helpers/forecast-cases.js';
import { added, settled, snapshot } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';
import { needsRoot, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = needsRoot() || tsruncOnly('it has no explain');
const onlySome = process.env.FORECAST !== undefined && 'only some were wanted';

function asRoot(one: ForecastCase): void {
  t.test(one.name, { skip: skip || one.skip?.() || notWanted(one) }, async (t) => {
    const bundle = box.bundle();
    const config = baseConfig();
    one.change(config, bundle);
    box.writeConfig(bundle, config);
    compareForecast(t, box, one, bundle, (...args) => box.call(args, { timeout: PATIENCE }));
  });
}

for (const one of [...anyonesCases, ...rootCases]) asRoot(one);

t.test('the id of a container that exists', { skip }, async (t) => {
  const { id, bundle } = box.create();
  const told = box.call(['explain', '--check', '--bundle', bundle, id]);
  t.equal(told.status, 1);
  t.match(told.stdout, `the id ${id} is taken`);
  t.match(box.call(['run', '--bundle', bundle, id]).stderr, id);
});

t.test('as text', { skip }, async (t) => {
  const bundle = box.bundle((config) => {
    config.mounts.push({ destination: '/mnt', type: 'bind', source: '/no/such', options: ['bind'] });
  });
  const { stdout, status } = box.call(['explain', '--check', '--bundle', bundle]);
  t.equal(status, 1);
  t.match(
    stdout,
    /^ *\d+ {2}will fail {3}init {5}\/mounts\/6 .* bind \/no\/such at \/mnt\n .*\/no\/such: no such file/m,
  );
  t.match(stdout, /\n\d+ actions: \d+ will work, 1 will fail, 0 can't be known\n$/);
});

t.test('a joined mount namespace is left as it is', { skip }, async (t) => {
  const { id, bundle } = box.started();
  const { pid } = box.state(id);
  const mounts = () => readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  const before = mounts();
  const other = box.bundle((config) => {
    for (const one of config.linux.namespaces) if (one.type !== 'pid') one.path = `/proc/${pid}/ns/${file(one.type)}`;
    config.root.path = join(bundle, 'rootfs');
  });
  const told = box.call(['explain', '--check', '--format', 'json', '--bundle', other]);
  t.ok(JSON.parse(told.stdout).actions.length > 10, told.stderr);
  t.equal(mounts(), before);
});

t.test('nothing is left of the trials', { skip }, async (t) => {
  const bundle = box.bundle();
  const before = snapshot();
  t.equal(box.call(['explain', '--check', '--bundle', bundle]).status, 0);
  const difference = await settled(() => added(before, snapshot()));
  t.same(
    difference.mounts.filter((line) => line.includes(box.home)),
    [],
  );
  t.same(
    difference.cgroups.filter((path) => path.includes(box.prefix) || path.endsWith('/example')),
    [],
  );
  t.same(
    difference.processes.filter((line) => line.includes('tsrunc')),
    [],
  );
});

t.test('enough was compared, and little of it was unknown', { skip: skip || onlySome }, async (t) =>
  checkCounts(t, 75),
);

const file = (type: string): string => ({ network: 'net', mount: 'mnt' })[type] ?? type;

box.end(t);

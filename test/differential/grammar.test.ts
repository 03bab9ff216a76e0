/** The grammar of the differential test reaches every field that the specification has, and the same seed gives the same. */
import t from 'tap';
import { fieldsIn, fieldsOf } from './fields.js';
import { makeConfig } from './grammar/config.js';
import { makeProcess } from './grammar/process.js';
import { makeResources } from './grammar/resources.js';
import { jsonText } from './json-text.js';
import { Random } from './random.js';
import { smaller } from './shrink.js';
import type { World } from './world.js';

/** Nothing is made of these configurations. */
const world: World = {
  home: '/home',
  bundle: '/home/bundle',
  probe: '/home/probe',
  sources: ['/home/source', '/home/source/file', '/home/missing'],
  namespaces: { network: '/proc/1/ns/net' },
  controllers: ['memory', 'hugetlb', 'net_cls', 'rdma'].map((name) => ({
    name,
    mount: `/sys/fs/cgroup/${name}`,
    root: '',
  })),
  isOfSystemd: false,
  raises: true,
  end: () => {},
};
const worldOfV2: World = { ...world, controllers: [{ name: '', mount: '/sys/fs/cgroup', root: '' }] };

/** What no configuration has, and why. */
const left: Record<string, string> = {
  '/solaris': 'of another platform',
  '/windows': 'of another platform',
  '/vm': 'of another platform',
  '/zos': 'of another platform',
  '/freebsd': 'of another platform',
  '/process/user/username': 'of another platform',
  '/process/commandLine': 'of another platform',
  '/linux/intelRdt/enableCMT': 'of an older version',
  '/linux/intelRdt/enableMBM': 'of an older version',
  '/linux/seccomp/listenerPath': 'needs an agent: integration/seccomp',
  '/linux/seccomp/listenerMetadata': 'the same',
  '/linux/netDevices/*': 'runc 1.3 has none: integration/namespaces',
  '/linux/netDevices/*/name': 'the same',
  '/linux/memoryPolicy/nodes': 'runc 1.3 has none: integration/process',
  '/linux/memoryPolicy/flags': 'the same',
  '/linux/memoryPolicy/flags/*': 'the same',
  '/linux/personality/flags/*': 'none is known',
  '/linux/intelRdt/closID': 'needs resctrl',
  '/linux/intelRdt/schemata': 'needs resctrl',
  '/linux/intelRdt/schemata/*': 'needs resctrl',
  '/linux/intelRdt/l3CacheSchema': 'needs resctrl',
  '/linux/intelRdt/memBwSchema': 'needs resctrl',
  '/linux/intelRdt/enableMonitoring': 'needs resctrl',
};

t.test('every field of config.json is in some configuration, or is left out for a reason', async (t) => {
  const reached = new Set<string>();
  for (let seed = 0; seed < 600; seed++) {
    fieldsIn(makeConfig(new Random(seed), seed % 3 === 0 ? worldOfV2 : world, 'id'), '', reached);
  }
  const missing = fieldsOf('config.schema.json').filter((field) => !reached.has(field) && left[field] === undefined);
  t.same(missing, []);
  t.same(
    Object.keys(left).filter((field) => reached.has(field)),
    [],
    'and no reason is left over',
  );
});

t.test('the same of processes and resources', async (t) => {
  const processes = new Set<string>();
  const resources = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    fieldsIn(makeProcess(new Random(seed), { density: 0.6, most: 65535, raises: true, isExec: true }), '', processes);
    fieldsIn(
      makeResources(new Random(seed), seed % 2 === 0 ? worldOfV2 : world, { density: 0.6, isUpdate: true }),
      '',
      resources,
    );
  }
  t.same(
    fieldsOf('process.schema.json').filter((field) => !processes.has(field) && left[`/process${field}`] === undefined),
    [],
  );
  t.same(
    fieldsOf('resources.schema.json').filter((field) => !resources.has(field) && !field.startsWith('/devices')),
    [],
    'update changes no rule of devices',
  );
});

t.test('the same seed gives the same configuration', async (t) => {
  for (const seed of [0, 1, 77]) {
    const texts = [0, 1].map(() => jsonText(makeConfig(new Random(seed), world, 'id')));
    t.equal(texts[0], texts[1]);
  }
});

t.test('a number that a double does not hold is written whole', async (t) => {
  t.equal(jsonText({ limit: 18446744073709551615n, text: '1' }), '{"limit":18446744073709551615,"text":"1"}');
});

t.test('what is smaller lacks one thing, at any depth', async (t) => {
  const all = [...smaller({ a: [1, 2], b: { c: true } })].map((one) => jsonText(one));
  t.same(all, [
    '{"b":{"c":true}}',
    '{"a":[1,2]}',
    '{"a":[2],"b":{"c":true}}',
    '{"a":[1],"b":{"c":true}}',
    '{"a":[1,2],"b":{}}',
  ]);
});

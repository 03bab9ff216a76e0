import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { parseJson } from '../../../src/config/json/json-text.js';
import { writeJson } from '../../../src/config/json/json-write.js';
import { loadConfig, loadMounts, loadProcess, loadResources } from '../../../src/config/load.js';
import { shapeOf, visitObjects } from '../../../src/config/shapes.js';
import { base, changed, everyPointer, fixtureConfigs, mistakes } from '../../helpers/config-helpers.js';

/** The specification that is loaded from value, or the mistakes in it. */
function outcome(value: unknown): unknown {
  try {
    const { spec, warnings } = loadConfig(writeJson(value), 'config.json');
    return { spec, warnings };
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? []).map((problem) => `${problem.pointer}: ${problem.message}`);
  }
}

t.test('an optional member that is null is as if absent, a required one stays an error', async (t) => {
  const config = parseJson(fixtureConfigs().get('everything.json') ?? '').value;
  const tried = { optional: 0, required: 0 };
  visitObjects(config, shapeOf('config'), ({ members, names, shape, pointer }) => {
    if (shape.members === undefined) return;
    for (const name of names) {
      if (!Object.hasOwn(shape.members, name)) continue;
      const before = { ...members };
      members[name] = null;
      const found = outcome(config);
      delete members[name];
      const wanted = outcome(config);
      Object.assign(members, before);
      const at = `${pointer()}/${name}`;
      if (shape.required?.includes(name)) {
        tried.required++;
        const [problem] = (found as string[]).filter((text) => text.startsWith(`${at}: `));
        if (!/: is null; must be /.test(problem ?? '')) t.fail(`${at}: ${JSON.stringify(found)}`);
      } else {
        tried.optional++;
        if (!same(found, wanted)) t.same(found, wanted, at);
      }
    }
  });
  t.ok(tried.optional > 120 && tried.required > 60, JSON.stringify(tried));
});

function same(a: unknown, b: unknown): boolean {
  return writeJson(a) === writeJson(b);
}

t.test('every optional member at once', async (t) => {
  const nulls = { ...base, hostname: null, hooks: null, annotations: null, mounts: null, windows: null, other: null };
  const { spec } = loadConfig(JSON.stringify(nulls), 'config.json');
  t.notOk('hostname' in spec || 'hooks' in spec || 'annotations' in spec || 'mounts' in spec || 'windows' in spec);
  t.same(Object.keys(spec).includes('other'), true, 'what is unknown is left alone');
  for (const [, value] of everyPointer({ ...spec, other: 0 })) t.not(value, null);
});

t.test('maps and arrays', async (t) => {
  const { spec } = loadConfig(JSON.stringify(changed(base, '/annotations', { a: null, b: '' })), 'config.json');
  t.same(spec.annotations, { b: '' });
  const cases: [pointer: string, value: unknown, problem: string][] = [
    ['/process/args', ['a', null], '/process/args/1: is null; must be a string'],
    ['/mounts', [null], '/mounts/0: is null; must be an object'],
    ['/linux/maskedPaths', [null], '/linux/maskedPaths/0: is null; must be a string'],
    ['/linux/netDevices', { eth0: null }, '/linux/netDevices/eth0: is null; must be an object'],
    ['/linux/resources/rdma', { mlx: null }, '/linux/resources/rdma/mlx: is null; must be an object'],
    ['/process/args', null, '/process/args: is missing; must hold the executable and its arguments'],
    ['/root', null, '/root: is missing; must be given on Linux'],
    ['/process/cwd', null, '/process/cwd: is null; must be a string'],
  ];
  for (const [pointer, value, problem] of cases) t.same(mistakes(changed(base, pointer, value)), [problem]);
});

t.test('in the files that hold a part of it, too', async (t) => {
  t.same(loadProcess('{"cwd":"/","args":["a"],"env":null,"user":{"uid":null},"terminal":null}', 'p'), {
    cwd: '/',
    args: ['a'],
    user: {},
  });
  t.same(loadResources('{"memory":null,"cpu":{"quota":null,"shares":5},"unified":{"a":null}}', 'r'), {
    cpu: { shares: 5 },
    unified: {},
  });
  const mount = '{"destination":"/a","type":"tmpfs","source":null,"options":null,"uidMappings":null}';
  for (const text of [`[${mount}]`, `{"mounts":[${mount}]}`])
    t.same(loadMounts(text, 'm').mounts, [{ destination: '/a', type: 'tmpfs' }]);
  t.throws(() => loadMounts('{"mounts":null}', 'm'), /no list of mounts/);
});

t.test('a null hides no other mistake', async (t) => {
  const text = (members: string) => `{${members},"memory":null}`;
  const problems = (members: string) => {
    try {
      loadResources(text(members), 'r');
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.match(problems('"Memory":null'), /"memory"/);
  t.match(problems('"memory":{}'), /is given twice/);
  t.match(problems('"hugepageLimits":[{"pageSize":null,"limit":1}]'), /\/pageSize: is null/);
});

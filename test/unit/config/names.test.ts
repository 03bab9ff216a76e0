import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { countMembers, mostMembers } from '../../../src/config/json/count-members.js';
import { parseJson } from '../../../src/config/json/json-text.js';
import { writeJson } from '../../../src/config/json/json-write.js';
import { loadConfig, loadMounts, loadProcess, loadResources } from '../../../src/config/load.js';
import { shapeOf, type Visited, visitObjects } from '../../../src/config/shapes.js';
import { base, failureOf, fixtureConfigs, mistakes, mistakesIn } from '../../helpers/config-helpers.js';
import { processorTime } from '../../helpers/processor-time.js';

const everything = (): Record<string, unknown> =>
  parseJson(fixtureConfigs().get('everything.json') ?? '').value as Record<string, unknown>;

/** Every object of value. */
function objectsOf(value: unknown): Visited[] {
  const found: Visited[] = [];
  visitObjects(value, shapeOf('config'), (object) => {
    found.push(object);
  });
  return found;
}

/** The messages of what is refused, each with its pointer. */
function problemsOf(load: () => unknown): string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? [error]).map((problem) => `${problem.pointer}: ${problem.message}`);
  }
}

/** The text of value, in which the object that `holder` is has the member `name` twice. */
function withTwice(value: unknown, holder: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return writeJson(value);
  if (Array.isArray(value)) return `[${value.map((item) => withTwice(item, holder, name)).join(',')}]`;
  const members = Object.entries(value).flatMap(([key, member]) => {
    const text = `${JSON.stringify(key)}:${withTwice(member, holder, name)}`;
    return value === holder && key === name ? [text, text] : [text];
  });
  return `{${members.join(',')}}`;
}

t.test('a known name in other letters is refused, wherever it is', async (t) => {
  const config = everything();
  let tried = 0;
  for (const { members, names, shape, pointer } of objectsOf(config)) {
    if (shape.members === undefined) continue;
    for (const name of names) {
      if (!Object.hasOwn(shape.members, name)) continue;
      for (const other of [name.toUpperCase(), name[0]!.toUpperCase() + name.slice(1), name.toLowerCase()]) {
        if (other === name) continue;
        // Beside the right one, and in its place: neither is taken.
        for (const beside of [true, false]) {
          const value = members[name];
          members[other] = value;
          if (!beside) delete members[name];
          const wanted = `${pointer()}/${other}: differs from a known name in letter case alone; must be written "${name}"`;
          const found = problemsOf(() => loadConfig(writeJson(config), 'config.json'));
          if (!found.some((problem) => problem.startsWith(wanted))) t.fail(`${wanted}: ${found.join('\n')}`);
          delete members[other];
          members[name] = value;
          tried++;
        }
      }
    }
  }
  t.ok(tried > 500, `${tried} names`);
});

t.test('in the files that hold a part of it, too', async (t) => {
  const text = 'differs from a known name in letter case alone; must be written';
  const cases: [load: () => unknown, problem: string][] = [
    [() => loadProcess('{"cwd":"/","args":["a"],"User":{}}', 'p'), `/User: ${text} "user"`],
    [() => loadProcess('{"cwd":"/","args":["a"],"user":{"UID":5}}', 'p'), `/user/UID: ${text} "uid"`],
    [() => loadResources('{"Memory":{"limit":1}}', 'r'), `/Memory: ${text} "memory"`],
    [() => loadResources('{"pids":{"limit":1,"Limit":2}}', 'r'), `/pids/Limit: ${text} "limit"`],
    [
      () => loadMounts('[{"destination":"/a","type":"tmpfs","Options":["ro"]}]', 'm'),
      `/mounts/0/Options: ${text} "options"`,
    ],
    [
      () => loadMounts('{"mounts":[{"destination":"/a","type":"tmpfs","Options":["ro"]}]}', 'm'),
      `/mounts/0/Options: ${text} "options"`,
    ],
    [() => loadMounts('{"mounts":[],"Mounts":[]}', 'm'), `/Mounts: ${text} "mounts"`],
    [() => loadMounts('{"Mounts":[]}', 'm'), `/Mounts: ${text} "mounts"`],
  ];
  for (const [load, problem] of cases) t.same(problemsOf(load), [problem]);
});

t.test('letters that Go takes for s and k', async (t) => {
  const refused = (config: object) => mistakes(config).map((text) => text.split(':')[0]);
  t.same(refused({ ...base, linux: { ...base.linux, ma\u017fkedPaths: [] } }), ['/linux/ma\u017fkedPaths']);
  t.same(refused({ ...base, linux: { ...base.linux, 'mas\u212aedPaths': [] } }), ['/linux/mas\u212aedPaths']);
  t.same(refused({ ...base, hoo\u212a\u017f: {} }), ['/hoo\u212a\u017f']);
  t.same(refused({ ...base, 'li\u0149ux': {}, '\u0130nux': {}, claßID: 1 }), [], 'other letters make other names');
});

t.test('free names are free, and so are unknown ones', async (t) => {
  const config = {
    ...base,
    annotations: { root: '', ROOT: '', Root: '', linux: '' },
    windows: { Network: {}, network: {}, LINUX: 1 },
    extension: { Process: {}, process: {} },
    linux: {
      ...base.linux,
      sysctl: { 'net.core.somaxconn': '1' },
      resources: { unified: { LIMIT: '1' }, rdma: { Limit: { hcaHandles: 1 } } },
      netDevices: { Name: {}, name: { name: 'x' } },
    },
  };
  t.same(mistakes(config), []);
  const inside = mistakes({ ...config, linux: { ...config.linux, netDevices: { eth0: { Name: 'x' } } } });
  t.match(inside, [/^\/linux\/netDevices\/eth0\/Name: differs .* "name"$/], 'what is in a map is not');
});

t.test('a name that is given twice is refused, wherever it is', async (t) => {
  const config = everything();
  let tried = 0;
  for (const { members, names, pointer } of objectsOf(config)) {
    for (const name of names) {
      const text = withTwice(config, members, name);
      const problems = mistakesIn(text);
      const at = `${pointer()}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const places = /: is given twice, at 1:(\d+) and 1:(\d+); must be given once$/.exec(problems[0] ?? '');
      const [first, second] = (places ?? []).slice(1).map((column) => Number(column) - 1);
      if (problems.length !== 1 || !problems[0]?.startsWith(`${at}: `) || first === undefined || second === undefined) {
        t.fail(`${at} twice: ${problems.join('\n')}`);
        continue;
      }
      const value = writeJson(members[name]);
      if (text.slice(first, first + value.length) !== value || text.slice(second, second + value.length) !== value)
        t.fail(`${at}: columns ${first} and ${second} are not those of the values`);
      tried++;
    }
  }
  t.ok(tried > 300, `${tried} names`);
});

t.test('the messages', async (t) => {
  const text = '{"ociVersion":"1.3.0",\n "root":{"path":"a","readonly":true},\n "root":{"path":"a"}}';
  t.equal(
    failureOf(() => loadConfig(text, 'config.json')).message,
    'config.json:3:9: /root: is given twice, at 2:9 and 3:9; must be given once',
  );
  t.same(
    problemsOf(() => loadResources('{"unified":{"a":"1","\\u0061":"2","a":"3"}}', 'r')),
    ['/unified/a: is given 3 times, first at 1:17, last at 1:38; must be given once'],
  );
  t.same(
    problemsOf(() => loadResources('{"pids":{"limit":5},"pids":null}', 'r')),
    ['/pids: is given twice, at 1:9 and 1:28; must be given once'],
  );
  t.same(
    problemsOf(() => loadResources('{"x":{"a":1,"a":{"b":1,"b":2}},"x":5}', 'r')).map((text) => text.split(':')[0]),
    ['/x/a/b', '/x/a', '/x'],
    'in what was given before, too, and what no schema knows',
  );
  t.same(
    problemsOf(() => loadMounts('[{"destination":"/a","type":"tmpfs","options":["ro"],"options":[]}]', 'm')),
    ['/mounts/0/options: is given twice, at 1:47 and 1:64; must be given once'],
  );
  t.same(
    problemsOf(() => loadProcess('{"cwd":"/","cwd":"/","args":["a"]}', 'p')),
    ['/cwd: is given twice, at 1:8 and 1:18; must be given once'],
  );
});

t.test('members are counted whatever the strings look like', async (t) => {
  const strings = [
    '',
    ':',
    ' :',
    ': "a":',
    '":',
    '\\',
    '\\\\',
    '\\":',
    'a\\',
    '"',
    '\n:',
    '{"a":1}',
    '\u00e9:\ud83d\ude00',
    ',',
  ];
  const texts = strings.flatMap((name) =>
    strings.flatMap((value) => {
      const object = { [name]: value, [`${name}x`]: [value, { [value]: { [name]: 1 } }] };
      const text = JSON.stringify(object);
      return [
        text,
        JSON.stringify(object, null, 2),
        text.replaceAll(':', '\\u003a'),
        text.replaceAll('":', '"\t\r\n :'),
      ];
    }),
  );
  let counted = 0;
  for (const text of texts) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // A replacement has hit a string, or what stands between.
      continue;
    }
    counted++;
    const members = objectsOf(value).reduce((sum, { names }) => sum + names.length, 0);
    if (countMembers(text) !== members) t.fail(`${countMembers(text)} and not ${members} in ${text}`);
    if (mostMembers(text) < members) t.fail(`${mostMembers(text)} are fewer than ${members} in ${text}`);
  }
  t.ok(counted > 300, `${counted} texts`);
  for (const [name, text] of fixtureConfigs()) {
    const members = objectsOf(JSON.parse(text)).reduce((sum, { names }) => sum + names.length, 0);
    t.equal(mostMembers(text), members, `${name} is counted quickly`);
  }
});

t.test('strings that look like members hide no name that is given twice', async (t) => {
  for (const word of [':', ' :', 'a\\":b', '": ', '\\']) {
    const once = JSON.stringify({ ...base, process: { ...base.process, args: ['a', word] } });
    t.same(mistakesIn(once), [], word);
    t.match(mistakesIn(once.replace('"root":', '"root":{"path":"a"},"root":')), [/^\/root: is given twice/], word);
  }
  // Fewer colons than members, were they not counted as what they stand for.
  const escaped = '{"pids":{"limit":5},"pids":{},"unified":{"\\u0022\\u003a":"\\u003a"}}';
  t.match(
    problemsOf(() => loadResources(escaped, 'r')),
    [/^\/pids: is given twice/],
  );
});

t.test('nesting that is too deep to look for places in', async (t) => {
  const deep = `${'['.repeat(1000)}${']'.repeat(1000)}`;
  t.same(
    problemsOf(() => loadResources(`{"pids":{"limit":1},"x":${deep}}`, 'r')),
    [],
  );
  t.match(
    problemsOf(() => loadResources(`{"x":${deep},"x":1}`, 'r')),
    [/nested deeper than 128 levels/],
  );
});

t.test('time grows with the size, not with its square', async (t) => {
  const makers: Record<string, (count: number) => string> = {
    'unknown names': (count) => Array.from({ length: count }, (_, i) => `"Xunknown${i}":{"a":1}`).join(','),
    'names in other letters': (count) => Array.from({ length: count }, () => '{"PATH":"a"}').join(','),
    'one name many times': (count) => Array.from({ length: count }, () => '"x":{"y":":"}').join(','),
    'many names twice': (count) => Array.from({ length: 2 * count }, (_, i) => `"x${i % count}":" :"`).join(','),
    'spaces and colons': (count) => `"x":"${' : '.repeat(4 * count)}"`,
    backslashes: (count) => `"x":"${'\\\\'.repeat(6 * count)}\\":"`,
    nulls: (count) => `"seccomp":[${Array.from({ length: count }, () => '{"root":null}').join(',')}]`,
  };
  for (const [name, make] of Object.entries(makers)) {
    const measure = (count: number) => {
      const inside = make(count);
      const members = inside.startsWith('{') ? `"mounts":[${inside}]` : inside;
      const text = `${JSON.stringify({ ...base, mounts: undefined }).slice(0, -1)},${members}}`;
      return processorTime(() => mistakesIn(text));
    };
    measure(500);
    const small = measure(4000);
    const large = measure(40_000);
    t.ok(large < 60 * small + 1500, `${name}: ${small.toFixed(0)} ms for 4000, ${large.toFixed(0)} ms for 40000`);
  }
});

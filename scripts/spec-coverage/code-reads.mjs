// Which source files look at a field: the checks and the planner are run on a configuration that notes every look at it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { top } from '../load-table.mjs';

/** A configuration with every field. */
const everything = join(top, 'test/fixtures/configs/everything.json');

/**
 * The files of src/ that read each field.
 * @param {Set<string>} fields pointers of all fields
 * @returns {Promise<{ checked: Map<string, Set<string>>, planned: Map<string, Set<string>> }>} by pointer
 */
export async function codeReads(fields) {
  const { stackTraceLimit } = Error;
  // A look is made from a source file, by way of a list's own functions at most.
  Error.stackTraceLimit = 8;
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-reads-'));
  try {
    return await readsOf(directory, await sources(directory), fields);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each file compiled to one of its own, so that a frame of a stack names its source. */
async function sources(directory) {
  symlinkSync(join(top, 'node_modules'), join(directory, 'node_modules'));
  const all = readdirSync(join(top, 'src'), { recursive: true, encoding: 'utf8' });
  const entryPoints = [
    ...all.filter((name) => /(?<!\.d)\.ts$/.test(name) && !name.startsWith('hosts/')).map((name) => `src/${name}`),
    'test/helpers/plan-hosts.ts',
  ];
  const paths = entryPoints.map((name) => join(top, name));
  buildSync({ entryPoints: paths, outdir: directory, outbase: top, format: 'esm', logLevel: 'warning' });
  const load = (name) => import(pathToFileURL(join(directory, `${name}.js`)).href);
  const names = [
    ...['src/config/checks/check-spec', 'src/config/findings', 'src/plan/plan-container', 'src/plan/plan-exec'],
    ...['src/plan/seccomp/seccomp', 'src/cgroup/plan/plan-update', 'test/helpers/plan-hosts'],
  ];
  const modules = await Promise.all(names.map(load));
  return Object.assign({}, ...modules);
}

/** The whole configuration, and one with each field of a section alone, lest one field that is refused keeps others from a look. */
function* variants(config) {
  yield config;
  const { namespaces } = config.linux ?? {};
  const { args, cwd } = config.process ?? {};
  const plain = { ociVersion: config.ociVersion, root: config.root, process: { args, cwd } };
  for (const [key, value] of Object.entries(config.process ?? {}))
    yield { ...plain, process: { args, cwd, [key]: value }, linux: { namespaces } };
  for (const [key, value] of Object.entries(config.linux ?? {}))
    yield { ...plain, linux: { namespaces, [key]: value } };
  for (const [key, value] of Object.entries(config.linux?.resources ?? {}))
    yield { ...plain, linux: { namespaces, resources: { [key]: value } } };
}

async function readsOf(directory, code, fields) {
  const checked = new Map();
  const planned = new Map();
  const labelled = { ...code.unifiedRoot, selinux: true };
  const hosts = [code.unifiedRoot, code.hybridRoot, code.rootlessUser, labelled];
  const v2 = { path: '/c', controllers: hosts[0].cgroup.unified.controllers };
  const exec = { spec: { ociVersion: '1.3.0' }, id: 'c1', preserveFds: 0, namespaces: 0, hasUserNamespace: false };
  const cgroup = { cloneInto: '/sys/fs/cgroup/c1', join: [] };
  const whole = JSON.parse(readFileSync(everything, 'utf8'));
  const copy = (part, at, reads) => noted(structuredClone(part), { at, directory, reads, fields });
  for (const config of variants(whole)) {
    code.checkSpec(copy(config, '', checked), new code.Findings());
    for (const facts of config === whole ? hosts : hosts.slice(0, 2))
      attempt(() => code.planContainer(copy(config, '', planned), code.options, facts));
    attempt(() => code.planExec(copy(config.process, '/process', planned), { ...exec, cgroup }, labelled));
    const systemd = { ...code.options, cgroupManager: 'systemd' };
    attempt(() => code.planContainer(copy(config, '', planned), systemd, hosts[0]));
    const changes = copy(config.linux?.resources ?? {}, '/linux/resources', planned);
    attempt(() => code.planUpdate({}, changes, { v1: {}, v2, absent: '' }, ''));
  }
  code.seccompArguments(copy(whole.linux.seccomp, '/linux/seccomp', planned));
  return { checked, planned };
}

/** A refused configuration was looked at all the same. */
function attempt(action) {
  try {
    action();
  } catch (error) {
    if (error?.name !== 'TsruncError' && error?.code === undefined) throw error;
  }
}

/** A copy of a value that notes into `reads` which file looks at which of its members; `at` is its pointer. */
function noted(value, { at, directory, reads, fields }) {
  if (typeof value !== 'object' || value === null) return value;
  const inner = new Map();
  /** The pointer of a member: what is in a list, and in a map, has no name of its own. */
  const pointerOf = (key) => `${at}/${Array.isArray(value) || !fields.has(`${at}/${key}`) ? '*' : key}`;
  const note = (key) => {
    if (typeof key !== 'string' || (Array.isArray(value) && !/^\d+$/.test(key))) return;
    const file = callingFile(directory);
    if (file !== undefined) reads.set(pointerOf(key), (reads.get(pointerOf(key)) ?? new Set()).add(file));
  };
  return new Proxy(value, {
    get(target, key, receiver) {
      note(key);
      const found = Reflect.get(target, key, receiver);
      if (typeof found !== 'object' || found === null || typeof key !== 'string') return found;
      if (!inner.has(key)) inner.set(key, noted(found, { at: pointerOf(key), directory, reads, fields }));
      return inner.get(key);
    },
    has(target, key) {
      note(key);
      return Reflect.has(target, key);
    },
  });
}

/** The source file nearest to the top of the stack, whose path in the tree follows the directory. */
function callingFile(directory) {
  const { stack } = new Error('where');
  const at = stack.indexOf(`${directory}/src/`);
  if (at < 0) return undefined;
  const path = stack.slice(at + directory.length + 1);
  return `${path.slice(0, path.indexOf('.js'))}.ts`;
}

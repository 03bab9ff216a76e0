// In which functions of the core the standalone executable spends its time: builds one that has the names of the sources, and stops many
// runs of the configuration of `runc spec` at short intervals (sample-functions.cc). Usage: node bench/functions.mjs [option ...]
//   --rounds N      runs (default 200)
//   --config NAME   spec or docker
// Needs root, and a tree of the toolchain with QuickJS's sources.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linkStandalone } from '../scripts/link-standalone.mjs';
import { unpack } from '../scripts/quickjs.mjs';
import { inScratch, shell } from '../scripts/scratch.mjs';
import { toolchain } from '../scripts/standalone-toolchain.mjs';
import { configs } from './configs.mjs';

const top = join(import.meta.dirname, '..');
/** Between two stops, on average, in µs. */
const interval = 60;
/** The second word of the heap's segment points to the runtime (snapshot.cc). */
const runtimePointer = '20000008';

/** Where QuickJS keeps what the sampler reads, as its arguments. */
function layoutOf(tools) {
  return inScratch(tools, (scratch) => {
    copyFileSync(join(top, 'bench/quickjs-layout.c'), join(scratch, 'quickjs-layout.c'));
    shell(
      tools,
      scratch,
      `${unpack}
      cd source
      gcc -D_GNU_SOURCE -DCONFIG_VERSION='""' -w -I. -c ../quickjs-layout.c
      gcc -D_GNU_SOURCE -w -o ../layout quickjs-layout.o dtoa.c libregexp.c libunicode.c cutils.c -lm
      cd ..
      ./layout >printed`,
    );
    return readFileSync(join(scratch, 'printed'), 'utf8').trim().split(' ');
  });
}

/** The functions in C of an executable, sorted, by the linker's map. */
function functionsOf(map) {
  // A section that is just .text is all of a file of the C library, which has the name of its function.
  const found = [...map.matchAll(/^ \.text(?:\.(\S+))?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) \S*?(?:\((\S+)\.l?o\))?$/gm)];
  return found
    .map(([, name, at, size, file]) => ({
      name: name ?? file ?? '?',
      at: Number.parseInt(at, 16),
      end: Number.parseInt(at, 16) + Number(`0x${size}`),
    }))
    .filter(({ at }) => at > 0);
}

/** A name as tables show it: of a mangled one the function, of one that is called from JavaScript what it is there. */
const shortName = (name) =>
  /\bNS_\d+([a-z_]+)E/.exec(name.replaceAll(/(NS_\d)/g, ' $1'))?.[1] ??
  /\d([a-z][a-z_]*)E/.exec(name)?.[1] ??
  name.replace(/^(hot|unlikely|startup)\./, '');

/**
 * Builds the executable with names, and what samples it.
 * @param directory an empty one
 * @returns a function of a command's words: runs it, and returns a stack for each stop. A stack is a list of names from the innermost on;
 *   that of a function in C is in brackets, and the first says where in the executable the processor was
 */
export function makeSampler(directory) {
  const at = (name) => join(directory, name);
  const tools = toolchain((text) => console.error(text));
  const layout = layoutOf(tools);
  execFileSync(process.execPath, ['scripts/bundle-standalone.mjs', directory], { cwd: top });
  linkStandalone(tools, { directory, init: 'build/Release/tsrunc-init', bundle: at('tsrunc.js') });
  execFileSync('g++', ['-std=c++17', '-O2', '-o', at('sampler'), join(top, 'bench/sample-functions.cc')]);
  const places = functionsOf(readFileSync(at('tsrunc.map'), 'utf8'));
  const known = new Map();
  const inC = (hexadecimal) => {
    if (!known.has(hexadecimal)) {
      const address = Number.parseInt(hexadecimal, 16);
      known.set(
        hexadecimal,
        `[${shortName(places.find(({ at: from, end }) => address >= from && address < end)?.name ?? '?')}]`,
      );
    }
    return known.get(hexadecimal);
  };
  return (words) => {
    // A file, since a container keeps it open after its command has ended.
    const said = openSync(at('said'), 'w');
    spawnSync(at('sampler'), [runtimePointer, ...layout, String(interval), at('stops'), at('tsrunc'), ...words], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', said, said],
    });
    closeSync(said);
    const stops = readFileSync(at('stops'), 'utf8').split('\n').filter(Boolean);
    return stops.map((line) => {
      const [place, ...frames] = line.split('\t');
      return [inC(place), ...frames.map((frame) => (frame.startsWith('@') ? inC(frame.slice(1)) : frame))];
    });
  };
}

const isScript = (name) => !name.startsWith('[');
/** What of C in the executable is called from JavaScript, but isn't QuickJS's own. */
const isNative = (name) => !isScript(name) && !/^\[(js_|get_date|\?)/.test(name);

/**
 * Where the time of the core is spent that no system call takes.
 * @param stacks as makeSampler returns them
 * @returns functions: { name, share } of the time in TypeScript and in QuickJS on its behalf, the longest first, by the innermost function
 *   in TypeScript; interpreter: the same by the function of QuickJS
 */
export function selfTimes(stacks) {
  const script = stacks.filter(([, ...frames]) => frames.length > 0 && !isNative(frames[0]));
  const shares = (nameOf) => {
    const counts = new Map();
    for (const stack of script) counts.set(nameOf(stack), (counts.get(nameOf(stack)) ?? 0) + 1);
    const list = [...counts].map(([name, count]) => ({ name, share: count / script.length }));
    return list.sort((one, other) => other.share - one.share);
  };
  const named = (name) => isScript(name) && !name.startsWith('(');
  return {
    functions: shares(([, ...frames]) => {
      const inner = frames.find(isScript) ?? '?';
      return named(inner) ? inner : `a function in ${frames.find(named) ?? '?'}`;
    }),
    interpreter: shares(([place]) => place.slice(1, -1)),
  };
}

function makeBundle(directory, config) {
  const bundle = join(directory, 'bundle');
  const content = configs[config]();
  content.root.path = join(directory, 'rootfs');
  content.process.args = ['/true'];
  for (const mount of content.mounts) if (mount.type === 'bind') mount.source = '/dev/null';
  mkdirSync(bundle);
  mkdirSync(content.root.path);
  copyFileSync(join(top, 'build/Release/tsrunc-launcher'), join(content.root.path, 'true'));
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(content, null, 2));
  return bundle;
}

/** Stacks of many runs of a configuration. */
export function sampleRuns(rounds, config) {
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-functions-'));
  try {
    const sample = makeSampler(directory);
    const bundle = makeBundle(directory, config);
    const words = ['--root', join(directory, 'state'), 'run', '--bundle', bundle, `tsrunc-functions-${process.pid}`];
    return Array.from({ length: rounds }, () => sample(words)).flat();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values: options } = parseArgs({
    options: { rounds: { type: 'string', default: '200' }, config: { type: 'string', default: 'spec' } },
  });
  const { functions, interpreter } = selfTimes(sampleRuns(Number(options.rounds), options.config));
  const print = ({ name, share }) => console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`);
  functions.slice(0, 60).forEach(print);
  console.log('\nBy function of QuickJS:\n');
  interpreter.slice(0, 30).forEach(print);
}

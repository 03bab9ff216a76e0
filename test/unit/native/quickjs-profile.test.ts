// The counts that QuickJS is compiled with (scripts/quickjs.mjs): gcc passes over what another version wrote, and says nothing of it here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

interface Toolchain {
  readonly tree: string;
}

const { toolchain } = (await import(join(project, 'scripts/standalone-toolchain.mjs'))) as {
  toolchain(say: (line: string) => void): Toolchain;
};

const profile = gunzipSync(readFileSync(join(project, 'scripts/quickjs-profile.gz'))).toString();
const counts = Object.entries(JSON.parse(profile) as Record<string, string>).map(
  ([name, text]) => [name, Buffer.from(text, 'base64')] as const,
);

/** The tree that the executable was built in; undefined where there was none. */
function builtIn(): Toolchain | undefined {
  try {
    const tools = toolchain(() => {
      throw new Error('there is no tree');
    });
    return tools.tree === '' ? undefined : tools;
  } catch {
    return undefined;
  }
}

const tools = builtIn();
const skip = tools === undefined ? 'bin/tsrunc was not built in a tree of another Debian here' : false;

t.test('there are counts of every file', async (t) => {
  t.same(counts.map(([name]) => name).sort(), [
    'cutils.gcda',
    'dtoa.gcda',
    'libregexp.gcda',
    'libunicode.gcda',
    'quickjs.gcda',
  ]);
  for (const [name, data] of counts) t.equal(data.readUInt32LE(0), 0x67636461, `${name} is one of gcc's`);
});

t.test('the compiler that builds reads them', { skip }, async (t) => {
  const [major, minor] = execFileSync('chroot', [tools!.tree, 'gcc', '-dumpfullversion'], { encoding: 'utf8' }).split(
    '.',
  );
  // gcov-io.h: a letter for the tens of the major version, its last digit, the minor version, the state.
  const tens = String.fromCharCode('A'.charCodeAt(0) + Math.floor(Number(major) / 10));
  const version = `${tens}${Number(major) % 10}${minor}`;
  for (const [name, data] of counts)
    t.equal(data.subarray(4, 8).reverse().toString().slice(0, 3), version, `${name} is of gcc ${major}.${minor}`);
});

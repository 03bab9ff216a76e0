// Whether two builds of the same sources are the same, bit for bit. Usage: node scripts/test-reproducible.mjs [--own]
//   --own  not the files of arm64
// Builds copies of the sources in two directories, whose names differ in length, with other environments, umasks and order of files,
// the second with one job. Compares the files that are given away, and those of arm64 where they were built.
// Prints a line for each and `N passed, N failed, N skipped`.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cache } from './debian-tree.mjs';
import { main, say, top } from './steps.mjs';

process.chdir(top);
const files = ['build/standalone/tsrunc', 'build/Release/tsrunc-init', 'build/Release/tsrunc.node'];
const cross = ['tsrunc', 'tsrunc-init', 'tsrunc.node'].map((name) => `build/aarch64/${name}`);

const withCross = !process.argv.includes('--own') && existsSync(cross[0]);

/** The sources in a directory: what version control knows, with what else is there and not ignored. */
function copySources(directory, reversed) {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: top });
  const names = list
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(top, name)));
  if (reversed) names.reverse();
  for (const name of names) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    cpSync(join(top, name), join(directory, name), { verbatimSymlinks: true });
  }
  symlinkSync(join(top, 'node_modules'), join(directory, 'node_modules'));
}

/** Builds in a directory; resolves with what the build said, rejects with it when it fails. */
function build(directory, umask, env) {
  const crossToo = withCross ? ' && exec node scripts/cross-compile.mjs' : '';
  const script = `umask ${umask}; cd ${directory} && node scripts/build.mjs${crossToo}`;
  const child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
  return new Promise((resolve, reject) =>
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(text)))),
  );
}

const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

await main(async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-reproducible-'));
  try {
    const directories = ['a', 'another directory'.replace(' ', '-').repeat(4)].map((name) => join(scratch, name));
    for (const [index, directory] of directories.entries()) copySources(directory, index === 1);
    const { PATH } = process.env;
    const trees = { XDG_CACHE_HOME: dirname(cache()) };
    const plain = { PATH, HOME: scratch, LC_ALL: 'C', TZ: 'UTC', ...trees };
    const odd = {
      PATH,
      HOME: '/',
      LC_ALL: 'C.UTF-8',
      TZ: 'Asia/Tokyo',
      WORDS: 'x'.repeat(5000),
      MAKEFLAGS: '-j1',
      ...trees,
    };
    await Promise.all([build(directories[0], '022', plain), build(directories[1], '077', odd)]);
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const name of [...files, ...cross]) {
      const [one, other] = directories.map((directory) => join(directory, name));
      if (!existsSync(one) && !existsSync(other)) {
        counts.skipped++;
        say(`${name} `, 'skipped: not built here');
        continue;
      }
      const same = existsSync(one) && existsSync(other) && digest(one) === digest(other);
      counts[same ? 'passed' : 'failed']++;
      say(`${name} `, same ? `the same twice: ${digest(one)}` : 'DIFFERS');
    }
    if (readFileSync(join(directories[0], 'build/log/standalone.log'), 'utf8').includes('laid out by training'))
      say(
        '',
        'on another machine the heap may be laid out in another way: `npm run train` renews scripts/heap-profile.txt',
      );
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    return counts.failed === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

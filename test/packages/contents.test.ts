/** What is in the packages, what they say of themselves, and that a second run makes the same. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import t from 'tap';
import {
  architectures,
  debianNames,
  listArchive,
  made,
  noPackages,
  npmManifest,
  npmTarball,
  packages,
  readArchive,
  version,
} from '../helpers/packages.js';
import { project } from '../helpers/runtime.js';

const skip = noPackages;
const read = (name: string): string => readFileSync(join(project, name), 'utf8');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const debOf = (arch: string): string => join(packages, `tsrunc_${version.replace('-', '~')}_${debianNames[arch]}.deb`);
const field = (deb: string, name: string): string =>
  execFileSync('dpkg-deb', ['--field', deb, name], { encoding: 'utf8' }).trim();

/** The data of a Debian package as a tar archive. */
const dataOf = (deb: string): Buffer => execFileSync('dpkg-deb', ['--fsys-tarfile', deb], { maxBuffer: 64 << 20 });
const fromData = (data: Buffer, name: string): Buffer =>
  execFileSync('tar', ['-xOf', '-', name], { input: data, maxBuffer: 64 << 20 });

t.test('a second run makes the same files', { skip }, async (t) => {
  const directory = t.testdir();
  const archs = architectures.flatMap((arch) => ['--arch', arch]);
  const args = ['scripts/pack.mjs', '--no-build', '--out', directory, ...archs];
  // Who packs, where and when makes no difference.
  const env = { ...process.env, TZ: 'Asia/Kolkata', LC_ALL: 'C', TMPDIR: directory };
  const command = `umask 077; exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...args], {
    cwd: project,
    encoding: 'utf8',
    env,
  });
  t.equal(status, 0, stdout + stderr);
  t.equal(readFileSync(join(directory, 'SHA256SUMS'), 'utf8'), readFileSync(join(packages, 'SHA256SUMS'), 'utf8'));
});

t.test('SHA256SUMS has every file', { skip }, async (t) => {
  const checked = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: packages, encoding: 'utf8' });
  const names = checked.split('\n').flatMap((line) => /^(.*): OK$/.exec(line)?.[1] ?? []);
  t.same(names, made(/^(?!SHA256SUMS$)/).sort());
  t.equal(names.length, 2 + 3 * architectures.length);
});

t.test('one version, everywhere', { skip }, async (t) => {
  t.equal(/^## (\S+), /m.exec(read('CHANGELOG.md'))?.[1], version, 'CHANGELOG.md');
  t.match(read('docs/tsrunc.8'), new RegExp(`^\\.TH TSRUNC 8 \\S+ "tsrunc ${version}" `, 'm'), 'the manual page');
  const said = execFileSync(join(project, 'bin/tsrunc'), ['--version'], { encoding: 'utf8' });
  t.match(said, new RegExp(`^tsrunc version ${version}\\n`), '--version');
  for (const name of made(/^tsrunc.*\.tgz$/)) t.equal(npmManifest(join(packages, name)).version, version, name);
  for (const arch of architectures) {
    t.equal(field(debOf(arch), 'Version'), version.replace('-', '~'), debOf(arch));
    const log = gunzipSync(fromData(dataOf(debOf(arch)), './usr/share/doc/tsrunc/changelog.gz')).toString();
    t.match(log, new RegExp(`^tsrunc \\(${version.replace('-', '~')}\\) `));
  }
});

t.test('the npm package has what it names, and nothing that was compiled', { skip }, async (t) => {
  const path = npmTarball('tsrunc');
  const files = listArchive(path);
  const manifest = npmManifest(path);
  for (const name of ['LICENSE', 'NOTICE', 'CHANGELOG.md', 'README.md', manifest.man as string])
    t.ok(files.includes(name), name);
  t.same(
    files.filter((name) => /\.(o|a|d|cc|h|node|gyp|S)$|tsbuildinfo|(^|\/)(build|addon|src|test|scripts)\//.test(name)),
    [],
  );
  t.equal((manifest.bin as Record<string, string>).tsrunc, 'bin/tsrunc.mjs');
  t.match(execFileSync('tar', ['-tvf', path, 'package/bin/tsrunc.mjs'], { encoding: 'utf8' }), /^-rwxr-xr-x 0\/0/);
  // Every target of `exports`, but for those that stand for many files.
  const targets = JSON.stringify(manifest.exports).matchAll(/"\.\/([^"*]*\.[^"*]*)"(?!:)/g);
  for (const [, target] of targets) t.ok(files.includes(target!), target!);
  t.equal((manifest.repository as { type: string }).type, 'git');
  t.notOk(manifest.os ?? manifest.cpu, 'the library is for every machine');
  t.same(manifest.optionalDependencies, { 'tsrunc-linux-x64': version, 'tsrunc-linux-arm64': version });
});

for (const arch of architectures) {
  t.test(`the packages for ${arch}`, { skip }, async (t) => {
    const path = npmTarball(`tsrunc-linux-${arch}`);
    t.same(listArchive(path), [
      ...[
        'LICENSE',
        'NOTICE',
        'README.md',
        'bin/tsrunc',
        'licenses/LGPL-2.1.txt',
        'package.json',
        'tsrunc.node',
      ].sort(),
    ]);
    const { os, cpu, scripts, dependencies } = npmManifest(path);
    t.same({ os, cpu }, { os: ['linux'], cpu: [arch] });
    t.notOk(scripts ?? dependencies);

    const executable = readArchive(path, 'package/bin/tsrunc');
    const machine = { x64: 62, arm64: 183 }[arch];
    t.equal(executable.readUInt16LE(18), machine, 'the executable is for this architecture');
    t.equal(readArchive(path, 'package/tsrunc.node').readUInt16LE(18), machine, 'and the addon');

    // The README says which glibc the addon takes; Node.js 20 itself takes 2.28.
    const needed = /needs glibc (2\.(\d+)) or newer/.exec(readArchive(path, 'package/README.md').toString());
    t.ok(needed && Number(needed[2]) >= 17 && Number(needed[2]) <= 41, `glibc ${needed?.[1]}`);

    const deb = dataOf(debOf(arch));
    const top = `tsrunc-${version}-linux-${arch}`;
    const archive = join(packages, `${top}.tar.gz`);
    t.ok(fromData(deb, './usr/bin/tsrunc').equals(executable), 'the .deb has the same executable');
    t.ok(readArchive(archive, `${top}/bin/tsrunc`).equals(executable), 'the archive has it too');
    const inDeb = execFileSync('tar', ['-tf', '-'], { input: deb, encoding: 'utf8' }).split('\n');
    for (const name of [
      'man/man8/tsrunc.8.gz',
      'bash-completion/completions/tsrunc',
      'zsh/vendor-completions/_tsrunc',
      'fish/vendor_completions.d/tsrunc.fish',
      'doc/tsrunc/copyright',
      'doc/tsrunc/README.md',
      'doc/tsrunc/docs/engines.md',
    ])
      t.ok(inDeb.includes(`./usr/share/${name}`), name);
    const inArchive = listArchive(archive);
    for (const name of ['LICENSE', 'NOTICE', 'CHANGELOG.md', 'README.md', 'licenses/LGPL-2.1.txt']) {
      t.ok(inArchive.includes(`${top}/share/doc/tsrunc/${name}`), name);
    }
    t.ok(inArchive.includes(`${top}/share/zsh/site-functions/_tsrunc`));
    const listed = execFileSync('tar', ['-tvf', archive], { encoding: 'utf8' }).trim().split('\n');
    t.same(
      listed.filter((line) => !/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) 0\/0 /.test(line)),
      [],
      'owners and modes',
    );
    t.ok(gunzipSync(fromData(deb, './usr/share/man/man8/tsrunc.8.gz')).equals(Buffer.from(read('docs/tsrunc.8'))));
  });
}

t.test('the bill of materials is valid, and names what NOTICE names', { skip }, async (t) => {
  const text = readFileSync(join(packages, `tsrunc-${version}.cdx.json`), 'utf8');
  const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  t.equal(problems, null, JSON.stringify(problems));

  interface Component {
    name: string;
    version: string;
    type: string;
    licenses?: unknown[];
    purl?: string;
    hashes?: { content: string }[];
  }
  const { components, dependencies } = JSON.parse(text) as {
    components: Component[];
    dependencies: { ref: string; dependsOn?: string[] }[];
  };
  const libraries = components.filter(({ type }) => type === 'library');
  for (const { name, licenses, purl, version: its } of libraries) t.ok(licenses?.length && purl && its, name);

  const lines = read('NOTICE').split('\n');
  const table = lines.slice(lines.indexOf('') + 3);
  const noticed = table.slice(0, table.indexOf('')).flatMap((line) => line.slice(0, 18).trim().split(', '));
  const wanted = npmManifest(npmTarball('tsrunc')).dependencies ? noticed : noticed.filter((name) => name !== 'zod');
  t.same([...new Set(libraries.map(({ name }) => name))].sort(), wanted.sort());

  for (const arch of architectures) {
    const name = `linux-${arch}/bin/tsrunc`;
    const hash = components.find((component) => component.name === name)?.hashes?.[0]?.content;
    t.equal(hash, sha256(readArchive(npmTarball(`tsrunc-linux-${arch}`), 'package/bin/tsrunc')), name);
    const parts = dependencies.find(({ ref }) => ref === `file:${name}`)?.dependsOn?.join(' ');
    for (const part of ['quickjs@', 'libseccomp@', 'musl@', 'yargs-parser@']) t.match(parts, part, `${name}: ${part}`);
  }
});

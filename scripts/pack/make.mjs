// Makes all packages of what is built, one after the other.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say, step } from '../steps.mjs';
import { binaries } from './binaries.mjs';
import { checksums } from './checksums.mjs';
import { debianPackage } from './deb.mjs';
import { libraryDependencies, npmPackages } from './npm-packages.mjs';
import { release } from './release.mjs';
import { billOfMaterials } from './sbom.mjs';
import { tarball } from './tarball.mjs';

/** The names of the files that are made here. */
const ours = /^(tsrunc[-_].*\.(tgz|deb|tar\.gz|cdx\.json)|SHA256SUMS)$/;

/**
 * @param archs for which architectures, by the names of Node.js
 * @param out the directory for the packages: what an earlier run made is removed, and nothing else
 */
export async function makePackages(archs, out) {
  const facts = release();
  const compiled = Object.fromEntries(archs.map((arch) => [arch, binaries(arch, facts.version)]));
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out).filter((one) => ours.test(one))) rmSync(join(out, name));
  const work = mkdtempSync(join(tmpdir(), 'tsrunc-pack-'));
  const made = [];
  const add = (name, work) =>
    step(name, async () => {
      const names = [await work()].flat();
      made.push(...names);
      return names.join(', ');
    });
  try {
    await add('npm packages', () => npmPackages(facts, compiled, work, out));
    for (const [arch, files] of Object.entries(compiled)) {
      await add('Debian package', () => debianPackage(facts, arch, files, work, out));
      await add('archive', () => tarball(facts, arch, files, work, out));
    }
    await add('bill of materials', () => billOfMaterials(facts, compiled, libraryDependencies(facts), out));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  checksums(out, made);
  for (const name of made) say(name.padEnd(36), `${(statSync(join(out, name)).size / 1024).toFixed(0)} KiB`);
}

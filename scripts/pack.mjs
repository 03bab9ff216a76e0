// Makes the packages of a release in out/: npm, Debian, a plain archive, SHA256SUMS, a bill of materials.
// Usage: node scripts/pack.mjs [--arch ARCH]... [--out DIRECTORY] [--no-build]
//   --arch      x64 or arm64; both if left out. What is compiled for it must be there, or is built
//   --out       where the files go; what an earlier run left there is replaced
//   --no-build  packs what is built already
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { architectures } from './pack/binaries.mjs';
import { setup } from './setup.mjs';
import { build, installDependencies, main, quietly, step, top } from './steps.mjs';

function options() {
  const { values } = parseArgs({
    options: { arch: { type: 'string', multiple: true }, out: { type: 'string' }, 'no-build': { type: 'boolean' } },
  });
  const known = Object.keys(architectures);
  const unknown = values.arch?.find((arch) => !known.includes(arch));
  if (unknown) throw new Error(`--arch ${unknown}: must be ${known.join(' or ')}`);
  return { archs: values.arch ?? known, out: resolve(values.out ?? join(top, 'out')), builds: !values['no-build'] };
}

async function prepare(archs) {
  if (!(await setup())) throw new Error('packages are missing');
  await installDependencies();
  build();
  if (archs.some((arch) => arch !== process.arch))
    await step('other architecture', async () => {
      await quietly('cross-compile', process.execPath, ['scripts/cross-compile.mjs']);
      return 'compiled';
    });
}

await main(async () => {
  process.chdir(top);
  const given = options();
  if (given.builds) await prepare(given.archs);
  // Not sooner: it uses packages that node_modules may not have had.
  const { makePackages } = await import('./pack/make.mjs');
  await makePackages(given.archs, given.out);
  return 0;
});

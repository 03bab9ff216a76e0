/** The pure layer in a browser: in a bundle of it nothing of Node.js is left, and it runs where there is none. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { build, type Metafile } from 'esbuild';
import t from 'tap';
import { explain } from '../../../../src/library/pure.js';

const text = readFileSync('test/fixtures/configs/everything.json', 'utf8');

async function bundle(entry: string): Promise<{ code: string; meta: Metafile }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'tsrunc',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return { code: outputFiles[0]!.text, meta: metafile };
}

t.test('a bundle for browsers', async (t) => {
  const { code, meta } = await bundle('src/library/pure.ts');
  const inputs = Object.keys(meta.inputs);
  t.same(
    inputs.filter((path) => !path.startsWith('src/')),
    [],
    'no package is in it',
  );
  t.same(
    inputs.filter((path) => /^src\/(hosts|criu)|^src\/library\/(client|native)/.test(path)),
    [],
    'nor what needs a machine',
  );
  t.same(
    Object.values(meta.outputs).flatMap(({ imports }) => imports),
    [],
  );

  // The globals of JavaScript itself, and nothing else.
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  t.equal(runInContext('typeof process + typeof Buffer + typeof require + typeof URL', context), 'undefined'.repeat(4));
  runInContext(code, context);
  const run = (expression: string): unknown =>
    JSON.parse(
      runInContext(`JSON.stringify((() => { const text = ${JSON.stringify(text)}; return ${expression} })())`, context),
    );
  t.equal(run('tsrunc.parseConfig(text).spec.hostname'), 'everything');
  t.same(run('tsrunc.validateConfig(tsrunc.exampleSpec({ rootless: true }))'), []);
  t.match(run('tsrunc.validateConfig(`{"ociVersion": 5}`)'), [{ severity: 'error' }, { pointer: '/ociVersion' }]);
  t.equal(run('tsrunc.explain(tsrunc.exampleSpec()).text'), explain(run('tsrunc.exampleSpec()') as never).text);
  t.type(run('tsrunc.planBundle(tsrunc.exampleSpec()).steps.length'), 'number');
  t.comment(`${Math.round(code.length / 1024)} KiB, not minified`);
});

/** The public declarations: a golden file shows every change of them, nothing internal is in them, and programs compile with them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { project } from '../../helpers/runtime.js';

interface PublicApi {
  entries: { name: string; file: string }[];
  emitDeclarations(): Map<string, string>;
  publicApi(texts: Map<string, string>): { text: string; leaks: string[] };
}

const golden = join(project, 'test/unit/library/golden/public-api.d.ts.txt');
const script: string = join(project, 'scripts/public-api.mjs');
const { emitDeclarations, entries, publicApi } = (await import(script)) as PublicApi;
const texts = emitDeclarations();
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));

t.test('the public declarations are those of the golden file', async (t) => {
  const { text, leaks } = publicApi(texts);
  t.same(leaks, [], 'every type that they mention is exported, and none is of another package');
  t.notMatch(text, /\bzod\b|\bz\.|\bany\b/);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
  t.equal(text, readFileSync(golden, 'utf8'), 'after a wanted change: UPDATE_GOLDEN=1 npm test -- library/public-api');
});

t.test('a type that is not exported would be seen', async (t) => {
  const path = join(project, 'dist/library/pure.d.ts');
  const text = texts.get(path)!;
  const less = text.replace("export type * from './types/host.js';", '');
  t.not(less, text);
  const { leaks } = publicApi(new Map([...texts, [path, less]]));
  t.ok(
    leaks.some((leak) => /planBundle|assumeHost|PlanOptions/.test(leak) && /Host of/.test(leak)),
    leaks.join('\n'),
  );
});

t.test('every entry is in the exports of the package', async (t) => {
  for (const { name, file } of entries) {
    const built = `./dist/library/${basename(file, '.ts')}`;
    t.strictSame(manifest.exports[name.replace('tsrunc', '.')], { types: `${built}.d.ts`, default: `${built}.js` });
  }
  t.ok(entries.length >= 3);
});

t.test('the JSON Schemas are there, and find each other', async (t) => {
  t.equal(manifest.exports['./schemas/*'], './spec-schemas/*');
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ strict: false });
  const directory = join(project, 'spec-schemas');
  for (const name of readdirSync(directory)) ajv.addSchema(JSON.parse(readFileSync(join(directory, name), 'utf8')));
  const { exampleSpec } = await import('../../../src/library/pure.js');
  const validate = ajv.getSchema('config.schema.json')!;
  t.ok(validate(exampleSpec()), JSON.stringify(validate.errors));
  t.notOk(validate({ ...exampleSpec(), hostname: 5 }));
});

/** An empty project with the package installed: its manifest and its declarations, and nothing else. */
function projectWith(programs: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-test-types-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  put('package.json', JSON.stringify({ type: 'module' }));
  put('node_modules/tsrunc/package.json', JSON.stringify(manifest));
  for (const [path, text] of texts) put(`node_modules/tsrunc/${path.slice(project.length + 1)}`, text);
  for (const name of programs)
    put(`${name}.ts`, readFileSync(join(project, `test/unit/library/programs/${name}.ts.txt`), 'utf8'));
  return directory;
}

const resolutions = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

for (const [resolution, options] of Object.entries(resolutions))
  t.test(`programs compile with them: ${resolution}`, async (t) => {
    const names = ['pure', 'native'];
    const directory = projectWith(names);
    const program = ts.createProgram(
      names.map((name) => join(directory, `${name}.ts`)),
      {
        ...options,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      },
    );
    const wrong = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    t.same(wrong, []);
    const others = program.getSourceFiles().filter(({ fileName }) => !fileName.startsWith(directory));
    t.same(
      others.map(({ fileName }) => fileName).filter((name) => !name.includes('/typescript/lib/lib.')),
      [],
      'with nothing else',
    );
  });

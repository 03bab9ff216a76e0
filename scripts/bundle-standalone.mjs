// Bundles the core for the standalone executable into build/standalone/*.js: chunks that the executable holds as bytecode
// and reads only when a command needs them.
//   base       what the others share by identity: the error type
//   main       argv, help, the log; what every command needs
//   create …   the code of one or several commands (groups below), with all it uses
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const folder = 'build/standalone';

/** Commands that come in one chunk: those that need about the same code. */
const groups = {
  create: ['create', 'run'],
  exec: ['exec'],
  alive: ['start', 'kill', 'delete', 'state', 'list', 'ps'],
  print: ['spec', 'explain', 'features', 'completion', 'help'],
};

/** The commands of src/cli/commands.ts: [name of its file, name of its export]. */
function commandModules() {
  const source = readFileSync('src/cli/commands.ts', 'utf8');
  return [...source.matchAll(/import \{ (\w+) \} from '\.\/commands\/([\w-]+)\.js'/g)].map(([, name, file]) => ({
    name,
    file,
  }));
}

const modules = commandModules();
const chunkOf = (file) => {
  const group = Object.entries(groups).find(([, files]) => files.includes(file));
  if (!group) throw new Error(`the command ${file} is in no chunk: name it in scripts/bundle-standalone.mjs`);
  return group[0];
};

const lazy = {
  name: 'lazy-chunks',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/error\.js$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: 'base', external: true },
    );
    onResolve({ filter: /^\.\/commands\/[\w-]+\.js$/ }, ({ path, importer }) =>
      importer.endsWith('/cli/commands.ts') ? { path: path.slice(11, -3), namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const { name, file } = modules.find((module) => module.file === path);
      return { contents: `export const ${name} = (context) => require('${chunkOf(file)}').${name}(context);` };
    });
    onResolve({ filter: /^(create|exec|alive|print)$/ }, ({ path }) => ({ path, external: true }));
  },
};

const shared = {
  bundle: true,
  format: 'cjs',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  // QuickJS gives a chunk what CommonJS would.
  banner: { js: '(function(exports,require,module){"use strict";' },
  footer: { js: '})' },
  logLevel: 'warning',
};

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder).filter((file) => /\.(js|cc)$/.test(file))) rmSync(`${folder}/${name}`);
await build({ ...shared, entryPoints: ['src/error.ts'], outfile: `${folder}/base.js` });
await build({
  ...shared,
  entryPoints: ['src/native/standalone/main.ts'],
  outfile: `${folder}/main.js`,
  plugins: [lazy],
});
for (const [chunk, files] of Object.entries(groups)) {
  const contents = files.map((file) => `export * from './src/cli/commands/${file}.js';`).join('\n');
  const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' };
  await build({ ...shared, stdin, outfile: `${folder}/${chunk}.js`, plugins: [lazy] });
}
const chunks = ['base', 'main', ...Object.keys(groups)];
const identifier = (chunk) => `tsrunc_chunk_${chunk}`;
writeFileSync(
  `${folder}/chunks.cc`,
  `// Made by scripts/bundle-standalone.mjs.
#include <cstdint>
struct Chunk {
  const char *name;
  const uint8_t *bytecode;
  uint32_t size;
};
extern "C" {
${chunks.map((chunk) => `extern const uint32_t ${identifier(chunk)}_size;\nextern const uint8_t ${identifier(chunk)}[];`).join('\n')}
}
extern const Chunk tsrunc_chunks[];
const Chunk tsrunc_chunks[] = {
${chunks.map((chunk) => `    {"${chunk}", ${identifier(chunk)}, ${identifier(chunk)}_size},`).join('\n')}
    {nullptr, nullptr, 0},
};
`,
);

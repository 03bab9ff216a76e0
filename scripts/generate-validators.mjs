// Compiles the JSON Schemas of spec-schemas/ to src/config/generated/validators.ts: plain functions that import nothing.
// ajv writes the code; what it writes is then shortened (one call for an error instead of a block) and minified.
// Beside it, generated/shape-text.ts: which names each object has.
// Usage: node scripts/generate-validators.mjs [--force]. Does nothing when the result is newer than what it's made from.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shapeOf } from './schema-shapes.mjs';

const self = fileURLToPath(import.meta.url);
const top = join(dirname(self), '..');
const directory = join(top, 'spec-schemas');
const target = join(top, 'src/config/generated/validators.ts');
const shapesTarget = join(top, 'src/config/generated/shape-text.ts');
const files = readdirSync(directory).filter((name) => name.endsWith('.schema.json'));

/** Exported name → schema. */
const validators = {
  validateConfig: 'config.schema.json',
  validateProcess: 'process.schema.json',
  validateResources: 'resources.schema.json',
};

if (process.argv.includes('--force') || !upToDate()) await generate();

function upToDate() {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const maker = join(top, 'scripts/schema-shapes.mjs');
  return [self, maker, ...files.map((name) => join(directory, name))].every((path) => statSync(path).mtimeMs < made);
}

async function generate() {
  const { Ajv, _ } = await import('ajv');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const { transformSync } = await import('esbuild');
  const standaloneCode = standalone.default ?? standalone;

  const ajv = new Ajv({
    allErrors: true,
    messages: false,
    inlineRefs: 2,
    code: { source: true, esm: true, lines: true, optimize: 2 },
  });
  // Integers: a number that is exact, or a bigint (numbers beyond 2^53 arrive as such). One error whatever is wrong.
  ajv.addKeyword({
    keyword: 'range',
    code(cxt) {
      const [low, high] = cxt.schema;
      cxt.setParams({ low, high });
      cxt.fail(_`!inRange(${cxt.data}, ${literal(_, low)}, ${literal(_, high)})`);
    },
    error: {
      message: '',
      params: ({ params }) => _`{low: ${literal(_, params.low)}, high: ${literal(_, params.high)}}`,
    },
  });
  // A string of a list: the lists are kept once, beside the code.
  const lists = [];
  ajv.addKeyword({
    keyword: 'known',
    code(cxt) {
      let number = lists.findIndex((list) => list.join() === cxt.schema.join());
      if (number < 0) number = lists.push(cxt.schema) - 1;
      cxt.setParams({ number });
      cxt.fail(_`!lists[${number}].includes(${cxt.data})`);
    },
    error: { message: '', params: ({ params }) => _`{known: lists[${params.number}]}` },
  });
  // Counts the members that the schemas know, and those of maps.
  ajv.addKeyword({
    keyword: 'counted',
    code(cxt) {
      cxt.gen.code(_`members++`);
    },
  });
  const schemas = Object.fromEntries(
    files.map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8'))]),
  );
  for (const name of files) ajv.addSchema(prepare(schemas[name]), name);

  let code = shorten(standaloneCode(ajv, validators));
  // What ajv exports is given another name: the exports are the functions that return the errors.
  code = code.replace(/^export const (\w+) = (\w+);$/gm, 'const $1 = $2;').replace(/^"use strict";/, '');
  for (const name of Object.keys(validators)) code = code.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `ajv_${name}`);
  const exported = Object.keys(validators).map(
    (name) => `export const ${name} = (data) => {
      members = 0;
      return { errors: ajv_${name}(data) ? [] : ajv_${name}.errors, members };
    };`,
  );
  const head = `
let members = 0;
const lists = ${JSON.stringify(lists)};
const inRange = (value, low, high) =>
  (typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint") && value >= low && value <= high;
const fail = (errors, instancePath, keyword, params) => {
  const error = { instancePath, keyword, params };
  if (errors === null) return [error];
  errors.push(error);
  return errors;
};
const join = (errors, more) => {
  if (errors === null) return more;
  for (const error of more) errors.push(error);
  return errors;
};
`;
  const { code: minified } = transformSync(`${head}${code}\n${exported.join('\n')}`, {
    loader: 'js',
    format: 'esm',
    minify: true,
    treeShaking: true,
    target: 'es2022',
    lineLimit: 160,
  });
  const typed = minified.replace(/export\{(.*?)\};?\s*$/s, (_all, list) =>
    list
      .split(',')
      .map((item) => item.trim().split(' as '))
      .map(([local, name]) => `export const ${name ?? local}: (data: unknown) => Validation = ${local};`)
      .join('\n'),
  );
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    `// @ts-nocheck
// Generated from spec-schemas/ by scripts/generate-validators.mjs.
import type { Validation } from '../schema-problems.js';
${typed}
`,
  );
  writeFileSync(
    shapesTarget,
    `// Generated from spec-schemas/ by scripts/generate-validators.mjs.
/** The shape of config.json (src/config/shapes.ts), as JSON. */
export const shapeText =
  '${JSON.stringify(shapeOf(schemas, 'config.schema.json'))}';
`,
  );
}

function literal(_, number) {
  if (Number.isSafeInteger(number)) return _`${number}`;
  // JSON.parse rounded the ends of the 64-bit ranges.
  const names = new Map([
    [-(2 ** 63), _`-9223372036854775808n`],
    [2 ** 63, _`9223372036854775807n`],
    [2 ** 64, _`18446744073709551615n`],
  ]);
  return names.get(number);
}

/** The schema with integers and enums turned to the keywords `range` and `known`, and without text that has no effect. */
function prepare(schema) {
  if (Array.isArray(schema)) return schema.map(prepare);
  if (schema === null || typeof schema !== 'object') return schema;
  if (schema.type === 'integer') return { range: [schema.minimum, schema.maximum] };
  if (schema.enum) return { type: 'string', known: schema.enum };
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if ((key === 'title' || key === 'description') && typeof value === 'string') continue;
    out[key] = prepare(value);
  }
  for (const [name, inner] of Object.entries(out.properties ?? {})) out.properties[name] = { ...inner, counted: true };
  if (out.additionalProperties) out.additionalProperties = { ...out.additionalProperties, counted: true };
  return out;
}

/** ajv writes out, for every error, an object, a test and a push: a call to `fail` does the same. */
function shorten(code) {
  const block =
    /const (err\d+) = \{instancePath(?::(.*?))?,schemaPath:"[^"]*",keyword:("\w+"),params:(\{.*?\})\};\s*if\(vErrors === null\)\{\s*vErrors = \[\1\];\s*\}\s*else \{\s*vErrors\.push\(\1\);\s*\}\s*errors\+\+;/gs;
  return code
    .replace(
      block,
      (_all, _name, path = 'instancePath', keyword, params) =>
        `vErrors = fail(vErrors, ${path}, ${keyword}, ${params}); errors++;`,
    )
    .replace(/vErrors === null \? (\w+)\.errors : vErrors\.concat\(\1\.errors\)/g, 'join(vErrors, $1.errors)')
    .replace(/,\s*parentData:[^,]*,\s*parentDataProperty:[^,]*,\s*rootData(:\s*\w+)?(?=[,}])/g, '')
    .replace(/,\s*parentData,\s*parentDataProperty,\s*rootData=data(?=[,}])/g, '');
}

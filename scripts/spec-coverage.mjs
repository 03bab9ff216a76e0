// Makes docs/spec-coverage.md of the schemas, the code, the tests and test/spec-coverage: which test proves each field and each
// requirement of the specification. Usage: node scripts/spec-coverage.mjs [OUTPUT]; it fails with what has no proof.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './load-table.mjs';
import { codeReads } from './spec-coverage/code-reads.mjs';
import { dataDirectory, fieldRows, requirementRows, specification } from './spec-coverage/coverage-data.mjs';
import { coveragePage } from './spec-coverage/coverage-page.mjs';
import { schemaFields } from './spec-coverage/schema-fields.mjs';
import { missingFields, wrongFields, wrongRequirements } from './spec-coverage/verify.mjs';

const directory = join(top, 'spec-schemas');
const schemas = Object.fromEntries(
  readdirSync(directory).map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8'))]),
);

/** Sections of the configuration that are another platform's, each a field of its own row. */
const isForeign = ({ pointer }) => /^\/(?:windows|solaris|vm|zos|freebsd)$/.test(pointer);
const all = schemaFields(schemas, 'config.schema.json');
const config = all.filter((field) => !isForeign(field));
const rowsOf = (...names) => new Map(names.flatMap((name) => [...fieldRows(dataDirectory, name)]));
const documents = {
  config: { fields: config, rows: rowsOf('root', 'process', 'mounts', 'hooks', 'linux', 'resources', 'seccomp') },
  exec: { fields: schemaFields(schemas, 'process.schema.json'), rows: rowsOf('exec') },
  update: { fields: schemaFields(schemas, 'resources.schema.json'), rows: rowsOf('update') },
  state: { fields: schemaFields(schemas, 'state.schema.json'), rows: rowsOf('state') },
  features: { fields: schemaFields(schemas, 'features.schema.json'), rows: rowsOf('features') },
};
const platforms = { fields: all.filter(isForeign), rows: rowsOf('platforms') };
const { fields: wanted, foreign, extra, words } = specification(dataDirectory);
const requirements = requirementRows(dataDirectory);
const { checked, planned } = await codeReads(new Set(config.map(({ pointer }) => pointer)));

/** What exec and update are given is looked at by the same code as those sections of a configuration. */
const places = { config: '', exec: '/process', update: '/linux/resources' };
/** What is printed is named by its file in the row. */
const isRead = (name) => (pointer) => places[name] !== undefined && planned.has(`${places[name]}${pointer}`);
const problems = [
  ...Object.entries(documents).flatMap(([name, { fields, rows }]) => wrongFields(name, fields, rows, isRead(name))),
  ...wrongFields('platform', platforms.fields, platforms.rows, () => true),
  ...['config', 'state', 'features'].flatMap((name) => {
    const ours = documents[name].fields.map(({ pointer }) => pointer);
    return missingFields(name, wanted[name], ours, extra[name] ?? {});
  }),
  ...wrongRequirements(requirements, words),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
const page = coveragePage({ documents, checked, planned, requirements, platforms, foreign });
writeFileSync(process.argv[2] ?? join(top, 'docs/spec-coverage.md'), page);

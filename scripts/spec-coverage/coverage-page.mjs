// The text of docs/spec-coverage.md.
import { pathOf } from './test-titles.mjs';
import { splitReference } from './verify.mjs';

const SPECIFICATION = 'https://github.com/opencontainers/runtime-spec/blob/v1.3.0';
/** Files that carry a value on, whichever field it is of, say nothing of the one. */
const CARRIERS = /^src\/(?:cgroup\/plan\/(?:operations|limits)|config\/findings|base\/.*)\.ts$/;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const source = (path) => `[${path.replace(/^src\//, '')}](../${path})`;
const sources = (paths) => [...paths].sort().map(source).join(', ');

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const testCell = (tests) =>
  tests
    .map(splitReference)
    .map(({ file, title }) => `[${file}](../${pathOf(file)}): ${cell(title)}`)
    .join('; ');

/** Where no container shows the effect, the reason stands before the test. */
function proof({ tests, but, ignored }) {
  const reason = ignored ? `**no effect**: ${ignored}. ` : but ? `**not in a container**: ${but}. ` : '';
  return `${reason}${testCell(tests)}`;
}

const leaves = ({ fields, rows }) =>
  fields.filter(({ hasMembers }) => !hasMembers).map(({ pointer }) => ({ pointer, row: rows.get(pointer) ?? none }));
const none = { tests: [], acts: [] };

/** The fields of the configuration below a pointer, with the code that looks at them. */
function configTable(document, { checked, planned }, belongs) {
  const useful = (reads, pointer) => [...(reads.get(pointer) ?? [])].filter((path) => !CARRIERS.test(path));
  const rows = leaves(document)
    .filter(({ pointer }) => belongs(pointer))
    .map(({ pointer, row }) => {
      const acts = new Set([...useful(planned, pointer), ...row.acts]);
      return [`\`${pointer}\``, sources(useful(checked, pointer)) || 'schema', sources(acts), proof(row)];
    });
  return table(['field', 'checked', 'planned, done', 'proof in a running container'], rows);
}

const plainTable = (document) =>
  table(
    ['field', 'proof'],
    leaves(document).map(({ pointer, row }) => [`\`${pointer}\``, proof(row)]),
  );

const parts = [
  ['The container', (pointer) => !/^\/(?:process|mounts|hooks|linux)\//.test(pointer)],
  ['process', (pointer) => pointer.startsWith('/process/')],
  ['mounts', (pointer) => pointer.startsWith('/mounts/')],
  ['hooks', (pointer) => pointer.startsWith('/hooks/')],
  ['linux', (pointer) => /^\/linux\/(?!resources\/|seccomp\/)/.test(pointer)],
  ['linux.resources', (pointer) => pointer.startsWith('/linux/resources/')],
  ['linux.seccomp', (pointer) => pointer.startsWith('/linux/seccomp/')],
];

function requirementTable(page, rows) {
  const lines = rows.map(({ section, level, count, says, tests, binds, differs }, i) => {
    const anchor = /^\w+$/.test(section) ? `[${section}](${SPECIFICATION}/${page}#${section})` : section;
    const whom = binds ? `**${binds}**` : differs ? `**differs on purpose**: ${differs}. ` : '';
    return [
      String(i + 1),
      anchor,
      count === 1 ? level : `${level} × ${count}`,
      cell(says),
      `${whom}${testCell(tests)}`,
    ];
  });
  return `### ${page}\n\n${table(['', 'section', 'word', 'what is asked', 'test, or whom it binds'], lines)}`;
}

function requirementTables(rows) {
  const pages = [...new Set(rows.map(({ page }) => page))];
  return pages
    .map((page) =>
      requirementTable(
        page,
        rows.filter((row) => row.page === page),
      ),
    )
    .join('\n\n');
}

function counts({ documents, requirements }) {
  const names = {
    config: 'config.json',
    exec: 'exec --process',
    update: 'update --resources',
    state: 'state',
    features: 'features',
  };
  const documentRows = Object.entries(documents).map(([name, document]) => {
    const rows = leaves(document).map(({ row }) => row);
    const without = rows.filter(({ ignored }) => ignored).length;
    const otherwise = rows.filter(({ but, ignored }) => but && !ignored).length;
    return [names[name], rows.length, rows.length - without - otherwise, otherwise, without].map(String);
  });
  const sum = (rows) => rows.reduce((total, { count }) => total + count, 0);
  const levels = ['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT'].map((level) => {
    const rows = requirements.filter((row) => row.level === level);
    const kinds = [
      rows,
      rows.filter(({ binds }) => !binds),
      rows.filter(({ differs }) => differs),
      rows.filter(({ binds }) => binds),
    ];
    return [level, ...kinds.map((some) => String(sum(some)))];
  });
  const tests = new Set(
    [
      ...Object.values(documents).flatMap((document) => leaves(document).map(({ row }) => row)),
      ...requirements,
    ].flatMap((row) => row.tests),
  );
  return `${table(['fields of', 'all', 'proved in a container', 'proved otherwise', 'without effect'], documentRows)}

${table(['word', 'times', 'asked of a runtime on Linux, each with a test', 'of these kept otherwise, on purpose', 'asked of others'], levels)}

Tests that are named here: ${tests.size}.`;
}

/**
 * The page.
 * @param {object} given the documents with their fields and rows, who reads what, the requirements, the fields of other platforms
 */
export function coveragePage({ documents, checked, planned, requirements, platforms, foreign }) {
  const fields = parts.map(
    ([heading, belongs]) => `### ${heading}\n\n${configTable(documents.config, { checked, planned }, belongs)}`,
  );
  const sections = Object.entries(foreign).map(([platform, names]) => [
    `\`/${platform}\``,
    String(names.length),
    names.map((name) => `\`${name}\``).join(' '),
    proof(platforms.rows.get(`/${platform}`)),
  ]);
  return `# Coverage of the specification

Made by \`node scripts/spec-coverage.mjs\` of the schemas, the sources, the tests and \`test/spec-coverage\`; a unit test fails when
it is not what the script makes, when a field or a requirement of runtime-spec 1.3.0 has no row, and when a row names a test that is
not there or that does not mention the field.

In a pointer \`*\` stands for an index or a name. *Checked* and *planned* name the files that were seen to look at the field while
a configuration with every field was checked and planned; *schema* alone means that its type is all there is to check. *Proof* is
a test that looks at the effect in a running container, from inside or from the host.

${counts({ documents, requirements })}

## config.json

${fields.join('\n\n')}

## The process of exec

The file that \`exec --process\` takes; it is checked and planned by the files of [process](#process).

${plainTable(documents.exec)}

## The resources of update

The file that \`update --resources\` takes; it is checked and planned by the files of [linux.resources](#linuxresources).

${plainTable(documents.update)}

## What tsrunc prints

### state

${plainTable(documents.state)}

### features

${plainTable(documents.features)}

## Fields of other platforms

They are accepted, and not looked into: a configuration with all of them makes the same container as one without.

${table(['section', 'fields', 'which', 'proof'], sections)}

## What the specification asks

Every sentence of these pages with MUST, MUST NOT, SHOULD or SHOULD NOT, in other words and by its section; \`×\` says for how many
of these words of the section a row stands. The numbers of the words are those of the pages of version 1.3.0.

${requirementTables(requirements)}
`;
}

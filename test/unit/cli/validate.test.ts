import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { findingsJson, findingsText } from '../../../src/cli/findings-output.js';
import { findingsSarif } from '../../../src/cli/sarif.js';
import { codes } from '../../../src/config/validate/codes.js';
import { type Machine, runCli } from '../../helpers/cli-fake.js';
import { fixtures, project } from '../../helpers/config-helpers.js';
import { findingsOf, validateCases } from '../../helpers/validate-cases.js';

const base = readFileSync(join(fixtures, 'validate/base.json'), 'utf8');
const misspelt = base.replace('noNewPrivileges', 'noNewPriveleges');
const wrong = base.replace('"namespaces"', '"namespace"');

const machine = (text: string, path = '/work dir/config.json'): Partial<Machine> => ({ files: { [path]: text } });

t.test('exit codes', async (t) => {
  t.match(runCli(['validate'], machine(base)), { code: 0, stdout: 'config.json: nothing found\n', stderr: '' });
  t.equal(runCli(['validate', '--strict'], machine(base)).code, 0);
  t.equal(runCli(['validate'], machine(misspelt)).code, 0);
  t.equal(runCli(['validate', '--strict'], machine(misspelt)).code, 2);
  t.equal(runCli(['validate'], machine(wrong)).code, 1);
  t.equal(runCli(['validate', '--strict'], machine(wrong)).code, 1);
  const root = base.replaceAll('1000', '0');
  t.equal(runCli(['validate', '--strict', '--advise'], machine(root)).code, 0, 'advice is no failure');
  t.match(runCli(['validate', '--advise'], machine(root)).stdout, /advice: .*\[host-root\]\n.*1 piece of advice\n$/s);
});

t.test('what is read', async (t) => {
  const files = {
    files: { '/work dir/config.json': base, '/srv/web/config.json': wrong, '/srv/limits': '{"memroy":{}}' },
  };
  t.equal(runCli(['validate', '.'], files).stdout, './config.json: nothing found\n');
  t.match(
    runCli(['validate', '/srv/web/'], files).stdout,
    /^\/srv\/web\/config\.json:\d+:\d+: error: \/linux\/namespace: /,
  );
  t.match(runCli(['validate', '--resources', '/srv/limits'], files).stdout, /^\/srv\/limits:1:11: error: \/memroy: /);
  t.match(runCli(['validate', '-'], { ...files, stdin: '{' }).stdout, /^stdin:1:2: error: .*\[syntax\]\n/);
  t.match(runCli(['validate', '/nowhere'], files), { code: 1, stdout: '', stderr: /no such file/ });
  t.match(runCli(['validate', '--mounts', '--process'], files), { code: 1, stderr: /of one kind/ });
});

t.test('text', async (t) => {
  const { stdout } = runCli(['validate'], machine(wrong));
  t.equal(
    stdout,
    `config.json:94:18: error: /linux/namespace: is not known and is left out; did you mean "namespaces"? (because of it wrong as well: /hostname, /linux/sysctl/net.ipv4.ip_forward, /linux/maskedPaths, /linux/readonlyPaths) [unknown-key]
config.json: 1 error
`,
  );
});

t.test('JSON', async (t) => {
  const document = JSON.parse(runCli(['validate', '--format', 'json'], machine(wrong)).stdout);
  t.match(document, { file: 'config.json', kind: 'config', errors: 1, warnings: 0, advice: 0 });
  t.match(document.findings, [
    {
      severity: 'error',
      code: 'unknown-key',
      pointer: '/linux/namespace',
      line: 94,
      column: 18,
      message: /did you mean/,
      follow: [{ pointer: '/hostname', message: /uts/ }, {}, {}, {}],
    },
  ]);
});

/** The schema of SARIF 2.1.0, out of a package of the registry that holds it; undefined without one. */
function sarifSchema(): object | undefined {
  const directory = join(project, 'build/sarif-schema');
  const file = 'package/lib/schemas/sarif-2.1.0-rtm.5.json';
  try {
    return JSON.parse(readFileSync(join(directory, file), 'utf8'));
  } catch {
    // It has to be fetched once.
  }
  try {
    mkdirSync(directory, { recursive: true });
    const name = execFileSync('npm', ['pack', '--silent', '@microsoft/jest-sarif@1.0.0-beta.0'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    execFileSync('tar', ['-xzf', name.trim(), file], { cwd: directory });
    return JSON.parse(readFileSync(join(directory, file), 'utf8'));
  } catch {
    return undefined;
  }
}

t.test('SARIF is as its schema has it', async (t) => {
  const documents = [...validateCases().values()].flat().map((one) => {
    const file = {
      name: `a b/${one.kind ?? 'config'}.json`,
      kind: one.kind ?? ('config' as const),
      findings: findingsOf(one),
    };
    return JSON.parse(findingsSarif(file));
  });
  for (const { runs } of documents) {
    const [run] = runs;
    for (const { ruleId, ruleIndex, level, locations } of run.results) {
      t.equal(run.tool.driver.rules[ruleIndex].id, ruleId);
      t.match(level, /^(error|warning|note)$/);
      t.match(locations[0].physicalLocation, { artifactLocation: { uri: /^a%20b\// }, region: { startLine: Number } });
    }
  }
  t.equal(JSON.parse(findingsSarif({ name: '/srv/a.json', kind: 'config', findings: [] })).runs[0].results.length, 0);
  const schema = sarifSchema();
  // It is of draft 4 of JSON Schema, and uses nothing that means another thing today.
  if (schema !== undefined) for (const name of ['$schema', 'id']) Reflect.deleteProperty(schema, name);
  if (schema === undefined) return t.comment('skipped: the schema could not be fetched from the registry');
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(
    schema,
  );
  for (const document of documents) if (!validate(document)) t.same(validate.errors, []);
  t.notOk(validate({ version: '2.1.0', runs: [{ tool: {} }] }), 'the schema refuses what is none');
});

t.test('however a finding is told, it is told', async (t) => {
  for (const one of [...validateCases().values()].flat()) {
    const findings = findingsOf(one);
    const file = { name: 'f', kind: one.kind ?? ('config' as const), findings };
    const lines = findingsText(file).split('\n');
    t.equal(lines.length, findings.length + 2, one.name);
    t.equal(JSON.parse(findingsJson(file)).findings.length, findings.length, one.name);
  }
});

t.test('the page explains every kind of finding', async (t) => {
  const page = readFileSync(join(project, 'docs/validate.md'), 'utf8');
  for (const code of Object.keys(codes)) t.match(page, `| \`${code}\` |`, code);
  for (const [, code = ''] of page.matchAll(/^\| `([a-z][a-z0-9-]*)` \|/gm)) t.ok(Object.hasOwn(codes, code), code);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TsruncError } from '../../../../src/base/error.js';
import { loadConfig, loadMounts, loadProcess, loadResources } from '../../../../src/config/load.js';
import { codes } from '../../../../src/config/validate/codes.js';
import { decode } from '../../../../src/config/validate/encoding.js';
import { planProblems } from '../../../../src/plan/plan-problems.js';
import { fixtures } from '../../../helpers/config-helpers.js';
import { findingsOf, inputOf, lineOf, type ValidateCase, validateCases } from '../../../helpers/validate-cases.js';

const all = validateCases();

t.test('every broken or suspicious file has its findings, and no others', async (t) => {
  let count = 0;
  for (const [file, cases] of all) {
    const updated = cases.map((one) => ({ ...one, findings: findingsOf(one).map(lineOf) }));
    if (process.env.UPDATE_FINDINGS) {
      writeFileSync(join(fixtures, 'validate', file), `${JSON.stringify(updated, null, 2)}\n`);
      continue;
    }
    for (const [index, one] of cases.entries()) t.same(updated[index]!.findings, one.findings, `${file}: ${one.name}`);
    count += cases.length;
  }
  t.ok(count >= 120, `${count} files`);
});

/** Whether the runtime takes the file. */
function isTaken(one: ValidateCase): boolean {
  const { text, refused } = decode(inputOf(one));
  if (refused !== undefined) return false;
  try {
    if (one.kind === 'process') loadProcess(text, 'file');
    else if (one.kind === 'resources') loadResources(text, 'file');
    else if (one.kind === 'mounts') loadMounts(text, 'file');
    else return planProblems(loadConfig(text, 'file').spec).length === 0;
    return true;
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

t.test('errors are what a runtime refuses, and nothing else is', async (t) => {
  for (const [file, cases] of all) {
    for (const one of cases) {
      const errors = findingsOf(one).filter(({ severity }) => severity === 'error');
      t.equal(isTaken(one), errors.length === 0, `${file}: ${one.name}`);
    }
  }
});

t.test('every kind of finding is in the cases, and every finding is of a known kind', async (t) => {
  const found = [...all.values()].flat().flatMap(findingsOf);
  t.same([...new Set(found.map(({ code }) => code))].sort(), Object.keys(codes).sort());
  for (const { severity, code } of found) {
    const usual = codes[code]?.severity;
    // A wrong name is an error when others come of it, and bytes that are no UTF-8 are one outside of strings.
    if (code !== 'unknown-key' && code !== 'encoding') t.equal(severity, usual, code);
  }
});

t.test('errors and warnings say what would be right', async (t) => {
  for (const { severity, message } of [...all.values()].flat().flatMap(findingsOf)) {
    if (severity === 'error') t.match(message, /; \S|stands|ends|nested|JSON|empty|only a proc/, message);
    t.notMatch(message, /undefined|\[object|NaN\b(?! )/, message);
  }
});

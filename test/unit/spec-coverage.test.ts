/** docs/spec-coverage.md is what the script makes of schemas, code and tests, and nothing can be taken from under it unseen. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';

const top = process.cwd();

interface Row {
  tests: string[];
  acts: string[];
  but?: string;
}
interface Requirement {
  page: string;
  section: string;
  level: string;
  count: number;
  says: string;
  tests: string[];
}
interface Field {
  pointer: string;
  hasMembers: boolean;
}
interface Verify {
  wrongFields(
    what: string,
    fields: readonly Field[],
    rows: ReadonlyMap<string, Row>,
    isRead: (pointer: string) => boolean,
  ): string[];
  missingFields(what: string, wanted: string[], ours: string[], extra: Record<string, string>): string[];
  wrongRequirements(
    rows: readonly Requirement[],
    words: Record<string, Record<string, Record<string, number>>>,
  ): string[];
}
const verify = (await import(pathToFileURL(join(top, 'scripts/spec-coverage/verify.mjs')).href)) as Verify;

t.test('the page is what the script makes, and nothing lacks its proof', async (t) => {
  const made = join(t.testdir(), 'spec-coverage.md');
  const { status, stderr } = spawnSync(process.execPath, [join(top, 'scripts/spec-coverage.mjs'), made], {
    encoding: 'utf8',
  });
  t.equal(stderr, '');
  t.equal(status, 0);
  t.equal(
    readFileSync(join(top, 'docs/spec-coverage.md'), 'utf8'),
    readFileSync(made, 'utf8'),
    'node scripts/spec-coverage.mjs brings it up to date',
  );
});

t.test('a field without a row, and rows that are wrong, are seen', async (t) => {
  const field = (pointer: string): Field => ({ pointer, hasMembers: false });
  const row = (more: Partial<Row> = {}): Row => ({ tests: ['integration/process: cwd'], acts: [], ...more });
  const wrong = (pointer: string, one: Row | undefined, isRead = true) =>
    verify.wrongFields('config', [field(pointer)], new Map(one ? [[pointer, one]] : []), () => isRead);
  t.same(wrong('/process/cwd', row()), []);
  t.match(wrong('/process/cwd', undefined), [/no row/]);
  t.match(wrong('/process/cwd', row({ tests: [] })), [/no test/, /no test that runs a container/]);
  t.match(wrong('/process/cwd', row({ tests: ['integration/no-such: cwd'] })), [/no-such\.test\.ts is not there/]);
  t.match(wrong('/process/cwd', row({ tests: ['integration/process: no such'] })), [/has no test "no such"/]);
  t.match(wrong('/process/cwd', row({ tests: ['unit/config/checks: paths'] })), [/no test that runs a container/]);
  t.match(wrong('/process/cwt', row()), [/none of its tests mentions cwt/]);
  t.match(wrong('/process/cwd', row(), false), [/no code looks at it/]);
  t.same(wrong('/process/cwd', row({ acts: ['src/config/spec.ts'] }), false), []);
  t.match(wrong('/process/cwd', row({ acts: ['src/base/quote.ts'] })), [/quote\.ts does not mention cwd/]);
  t.match(wrong('/process/cwd', row({ acts: ['src/no-such.ts'] })), [/no-such\.ts is not there/]);
  t.match(
    verify.wrongFields('config', [], new Map([['/a', row()]]), () => true),
    [/a row, and no such field/],
  );
  t.match(verify.missingFields('config', ['/a', '/b'], ['/b', '/c', '/d'], { '/d': 'why' }), [/\/a.*schemas/, /\/c/]);
});

t.test('a requirement without a row, and rows that are wrong, are seen', async (t) => {
  const one = { page: 'a.md', section: 's', level: 'MUST', count: 2, says: 'x', tests: ['integration/process: cwd'] };
  const words = { 'a.md': { s: { MUST: 2 } } };
  t.same(verify.wrongRequirements([one], words), []);
  t.match(verify.wrongRequirements([], words), [/MUST 2 times, in rows 0 times/]);
  t.match(verify.wrongRequirements([{ ...one, count: 1 }], words), [/MUST 2 times, in rows 1 times/]);
  t.match(verify.wrongRequirements([{ ...one, tests: [] }], words), [/neither a test nor whom it binds/]);
  t.match(verify.wrongRequirements([{ ...one, tests: ['integration/process: x'] }], words), [/has no test "x"/]);
  t.match(verify.wrongRequirements([one, { ...one, section: 't' }], words), [/a\.md t MUST: not in the specification/]);
});

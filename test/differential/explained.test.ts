/** What the differential test passes over stands in the documentation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../helpers/runtime.js';
import { explanations } from './explained.js';

t.test('every explanation has its row', async (t) => {
  t.ok(explanations.length > 0);
  for (const { row, page = 'compatibility.md' } of explanations) {
    const lines = readFileSync(join(project, 'docs', page), 'utf8').split('\n');
    t.ok(
      lines.some((line) => line.startsWith(`| ${row} |`)),
      `${page}: ${row}`,
    );
  }
});

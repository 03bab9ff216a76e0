import t from 'tap';
import { ageOf } from '../../../src/cli/output/age.js';

t.test('the age of a container in one word', async (t) => {
  const now = Date.parse('2026-03-01T12:00:00Z') / 1000;
  for (const [created, age] of [
    ['2026-03-01T12:00:00.999999999Z', '0s'],
    ['2026-03-01T11:58:01.5Z', '119s'],
    ['2026-03-01T11:58:00Z', '2m'],
    ['2026-03-01T10:01:00Z', '119m'],
    ['2026-03-01T10:00:00Z', '2h'],
    ['2026-02-27T12:00:01Z', '47h'],
    ['2026-02-27T12:00:00Z', '2d'],
    ['2025-03-01T12:00:00Z', '365d'],
    ['2027-03-01T12:00:00Z', '0s'],
    ['yesterday', '?'],
  ] as const)
    t.equal(ageOf(created, now), age, created);
});

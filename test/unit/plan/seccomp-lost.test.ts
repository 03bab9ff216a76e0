import t from 'tap';
import type { Seccomp } from '../../../src/config/spec.js';
import { packFilter, unpackFilter } from '../../../src/container/creation/cached-filter.js';
import { lostCalls, restricts } from '../../../src/plan/seccomp/seccomp-lost.js';

const profile = (defaultAction: string, ...rules: [action: string, ...names: string[]][]): Seccomp =>
  ({ defaultAction, syscalls: rules.map(([action, ...names]) => ({ action, names })) }) as Seccomp;
const lost = (profile: Seccomp, ...unknown: string[]) =>
  lostCalls(profile, unknown, '/p').map(({ name, pointer }) => `${name} ${pointer}`);

t.test('a name that nobody knows matters where its rule restricts more than the default', async (t) => {
  const forbidden = profile('SCMP_ACT_ALLOW', ['SCMP_ACT_ERRNO', 'a', 'new'], ['SCMP_ACT_LOG', 'b', 'other', 'new']);
  t.ok(restricts(forbidden));
  t.strictSame(lost(forbidden, 'new', 'other'), ['new /p/syscalls/0/names/1', 'other /p/syscalls/1/names/1']);
  t.strictSame(lost(forbidden), []);
  const allowed = profile(
    'SCMP_ACT_ERRNO',
    ['SCMP_ACT_ALLOW', 'new'],
    ['SCMP_ACT_ERRNO', 'other'],
    ['SCMP_ACT_NOTIFY', 'third'],
  );
  t.notOk(restricts(allowed));
  t.strictSame(lost(allowed, 'new', 'other', 'third'), []);
  const mixed = profile('SCMP_ACT_ERRNO', ['SCMP_ACT_ALLOW', 'new'], ['SCMP_ACT_KILL_PROCESS', 'other']);
  t.ok(restricts(mixed));
  t.strictSame(lost(mixed, 'new', 'other'), ['other /p/syscalls/1/names/0']);
  t.notOk(restricts({ defaultAction: 'SCMP_ACT_ALLOW' }));
});

t.test('the cache keeps the names behind the filter', async (t) => {
  const program = Uint8Array.from({ length: 24 }, (_, i) => i);
  for (const names of [[], ['frobnicate'], ['seven77'], ['eight888', 'a', 'ä b']]) {
    const packed = packFilter(program, names);
    t.equal(packed.length % 8, 0);
    t.strictSame(unpackFilter(packed), { program, unknown: names });
  }
});

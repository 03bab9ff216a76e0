// The decoder of init, under AddressSanitizer and UBSan, with sound and with damaged plans (CVE-2021-43784). TSRUNC_TEST_DECODER: a
// decoder that is built already.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { encodeSteps } from '../../../src/plan/steps/encode.js';
import type { Step } from '../../../src/plan/steps/generated/steps.js';
import { NO_SLOT } from '../../../src/plan/steps/step-table.js';

const native = nodeNative();
const directory = mkdtempSync(join(tmpdir(), 'tsrunc-decoder-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const program = process.env.TSRUNC_TEST_DECODER ?? join(directory, 'test-decoder');

/** Whether there is a decoder: it is compiled, unless one was given. */
function compiled(): boolean {
  if (process.env.TSRUNC_TEST_DECODER !== undefined) return true;
  const lists = ['scripts/compiler-flags.mjs', 'language', 'sanitized'];
  const flags = spawnSync(process.execPath, lists, { encoding: 'utf8' }).stdout.trim().split(' ');
  const words = [...flags, '-DTSRUNC_TEST_DECODER', 'addon/init/test-decoder.cc', '-o', program];
  return spawnSync(process.env.CXX ?? 'c++', words).status === 0;
}

const skip = !compiled() && 'no C++ compiler with sanitizers';

const headerSize = 24;
const steps: Step[] = [
  { step: 'oom-score-adj', value: -5 },
  { step: 'setsid' },
  {
    step: 'hook',
    path: '/bin/hook',
    args: ['hook', '', 'ä'],
    env: ['A=1'],
    home: 1,
    timeout: 1000,
    state: 1,
    filtered: 1,
    out: 5,
    err: NO_SLOT,
  },
  { step: 'seccomp', flags: 0, filter: new Uint8Array(64).fill(7) },
  { step: 'rlimit', resource: 7, soft: 1n, hard: 2n ** 64n - 1n, raise: 0 },
  { step: 'exec', args: ['sh', '-c', 'true'], env: [], preserve: 0 },
];

function decode(plan: Uint8Array, ...args: string[]) {
  const result = spawnSync(program, args, { input: plan, encoding: 'utf8' });
  return { status: result.status, stderr: result.stderr };
}

t.test('init decodes what the encoder writes', { skip }, async (t) => {
  t.match(decode(encodeSteps(native, steps)), { status: 0, stderr: '' });
  t.match(decode(encodeSteps(native, [])), { status: 0, stderr: '' });
  t.match(decode(encodeSteps(native, steps, true)), { status: 0, stderr: '' }, 'a part');
});

t.test('a damaged plan is refused, never read past its end', { skip }, async (t) => {
  const plan = encodeSteps(native, steps);
  t.match(decode(plan, '50000', '7'), { status: 0, stderr: '' }, 'damaged copies');
  t.match(decode(plan.subarray(0, plan.length - 8)), { status: 1, stderr: '' }, 'cut short');
  const longer = plan.slice();
  new DataView(longer.buffer).setUint32(12, steps.length + 1, true);
  t.match(decode(longer), { status: 1, stderr: '' }, 'more steps than there are');
  const wrapped = plan.slice();
  new DataView(wrapped.buffer).setUint32(headerSize + 4, 0xfffffff8, true);
  t.match(decode(wrapped), { status: 1, stderr: '' }, 'a step of 4 GiB');
  const odd = plan.slice();
  new DataView(odd.buffer).setUint32(16, 2, true);
  t.match(decode(odd), { status: 1, stderr: '' }, 'neither the last part nor not');
});

t.test('the encoder refuses a NUL, also in a list', async (t) => {
  const texts = (args: string[], path = '/') =>
    encodeSteps(native, [{ ...(steps[2] as Step & { step: 'hook' }), args, path }]);
  t.throws(() => texts(['a\0b']), { code: 'system', fields: { syscall: 'encode' } });
  t.throws(() => texts([], 'a\0'), { code: 'system' });
});

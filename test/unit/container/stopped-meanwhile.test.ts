import t from 'tap';
import { ENOENT, ENOMEM, ESRCH } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import { stoppedMeanwhile } from '../../../src/container/init/stopped-meanwhile.js';
import type { Native, ProcessStat } from '../../../src/native/native.js';

const init = { pid: 40, startTime: 99 };

/** A machine that has these threads of the init, by their ids. */
function machine(threads: Record<number, Partial<ProcessStat>>): Native {
  const all = Object.entries(threads).map(([id, stat]) => {
    const whole = { state: 'S', ppid: 1, exiting: false, startTime: 99, ...stat };
    return [Number(id), { threads: Object.keys(threads).length, ...whole }] as const;
  });
  return {
    processStat: (pid: number) => all.find(([id]) => id === pid)?.[1] ?? null,
    readDir: () => Object.keys(threads),
  } as unknown as Native;
}

const failed = (errno: number, path?: string) => new TsruncError('system', 'it failed', { errno, path });
const isEnd = (threads: Record<number, Partial<ProcessStat>>, error: TsruncError) =>
  stoppedMeanwhile(machine(threads), init, 'it has stopped', error) !== error;

t.test('no process can be made in the pid namespace of an init that is exiting', async (t) => {
  t.ok(isEnd({ 40: { exiting: true } }, failed(ENOMEM)));
  t.ok(isEnd({ 40: { exiting: true, state: 'Z' }, 41: { exiting: true } }, failed(ENOMEM)));
  t.notOk(isEnd({ 40: {} }, failed(ENOMEM)), 'no memory');
  t.notOk(isEnd({ 40: { exiting: true, state: 'Z' }, 41: {} }, failed(ENOMEM)), 'only its first thread has ended');
});

t.test('what is gone is gone', async (t) => {
  t.ok(isEnd({}, failed(ENOMEM)));
  t.ok(isEnd({ 40: { startTime: 100 } }, failed(ENOMEM)), 'another process of that pid');
  t.ok(isEnd({ 40: { state: 'Z', exiting: true } }, failed(ENOMEM)));
  t.ok(isEnd({ 40: {} }, failed(ESRCH)));
  t.ok(isEnd({ 40: {} }, failed(ENOENT, '/proc/40/root')));
  t.notOk(isEnd({ 40: {} }, failed(ENOENT, '/proc/4/root')));
});

t.test('the error that takes its place says what failed', async (t) => {
  t.match(stoppedMeanwhile(machine({}), init, 'it has stopped', failed(ENOMEM)), {
    code: 'state',
    message: 'it has stopped',
    fields: { hint: 'it stopped meanwhile: it failed' },
  });
  const state = new TsruncError('state', 'paused');
  t.equal(stoppedMeanwhile(machine({}), init, 'it has stopped', state), state);
});

/** What the types of the client allow and what they refuse: the compiler checks it, so that this file compiles is the test. */
import type { Readable } from 'node:stream';
import t from 'tap';
import {
  type ContainerEvent,
  type ContainerProcess,
  type DetachedProcess,
  OciRuntime,
  type ProcessResult,
  RuntimeError,
  type Spec,
  type State,
} from '../../../../src/library/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <A, B>(_: Same<A, B>): void => {};

/** Never called. */
export async function allowed(runtime: OciRuntime, spec: Spec): Promise<void> {
  is<Awaited<ReturnType<OciRuntime['state']>>, State>(true);
  const running = runtime.run('a', spec);
  is<typeof running, ContainerProcess>(true);
  const result = await running;
  is<typeof result, ProcessResult>(true);
  const detached = runtime.run('a', '/bundle', { detach: true });
  is<typeof detached, Promise<DetachedProcess>>(true);
  const inner = runtime.exec('a', ['true'], { detach: true, stdout: 'pipe' });
  is<typeof inner, Promise<DetachedProcess>>(true);
  is<DetachedProcess['stdout'], Readable>(true);
  runtime.exec('a', { args: ['true'], cwd: '/' }, { stdin: { data: new Uint8Array() }, timeout: 5, maxBuffer: 5 });
  runtime.exec('a', ['true'], { terminal: { columns: 80, rows: 24 } });
  await runtime.kill('a', 9, { signal: AbortSignal.timeout(5) });
  for await (const event of runtime.events('a', { interval: 100 })) {
    is<typeof event, ContainerEvent>(true);
    if (event.type === 'stats') event.data.memory.usage?.limit;
    // @ts-expect-error only statistics have data
    if (event.type === 'oom') event.data;
  }
  await runtime.update('a', { memory: { limit: 2n ** 40n }, pids: { limit: 5 } });
}

/** Never called. */
export async function refused(runtime: OciRuntime, spec: Spec): Promise<void> {
  // @ts-expect-error rootless is no text but 'auto'
  new OciRuntime({ rootless: 'yes' });
  // @ts-expect-error there is no such option
  new OciRuntime({ rot: '/run' });
  // @ts-expect-error a detached process has no result that could have its output
  await runtime.create('a', spec, { stdout: 'capture' });
  // @ts-expect-error nor one of exec
  await runtime.exec('a', ['true'], { detach: true, stdout: 'capture' });
  // @ts-expect-error a time limit is for a process that is waited for
  await runtime.create('a', spec, { timeout: 5 });
  // @ts-expect-error a shell line is no list
  runtime.exec('a', 'echo hello');
  // @ts-expect-error a process has a working directory
  runtime.exec('a', { args: ['true'] });
  // @ts-expect-error both sizes
  runtime.exec('a', ['sh'], { terminal: { columns: 80 } });
  // @ts-expect-error only these two
  runtime.run('a', spec, { onMaxBuffer: 'ignore' });
  // @ts-expect-error not the resources of a whole configuration
  await runtime.update('a', { linux: {} });
  const state = await runtime.state('a');
  // @ts-expect-error an answer is not to be changed
  state.status = 'running';
  // @ts-expect-error no status of the specification
  state.status === 'dead';
  // @ts-expect-error the kind is one of a list
  new RuntimeError('x', { code: 'other', argv: [] });
}

t.test('the types of the client', async (t) => {
  t.type(allowed, 'function');
  t.type(refused, 'function');
});

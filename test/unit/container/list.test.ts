// `list` of so many containers that their files are read ahead.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listContainers } from '../../../src/container/commands/list.js';
import { containerState } from '../../../src/container/commands/state.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { ScriptedMachine } from '../../helpers/scripted-machine.js';

const native = nodeNative();

t.test('each is as if it was asked for alone', async (t) => {
  const root = t.testdir();
  const rt = { ...new ScriptedMachine({}, []).runtime, native, root };
  const startTime = native.processStat(process.pid)?.startTime ?? 0;
  const state = (id: string, more: object) => ({
    version: 2,
    ...{ id, ociVersion: '1.3.0', pid: 4194304, startTime: 1, phase: 'running', bundle: '/b', rootfs: '/b/rootfs' },
    ...{ created: '2026-01-01T00:00:00.000000000Z', annotations: {}, owner: 0, sharedPids: false },
    ...{ cgroup: { paths: {} }, intelRdt: '', notify: false, hooks: { poststart: [], poststop: [] }, laterSteps: [] },
    ...more,
  });
  const kinds: ((id: string) => string | undefined)[] = [
    (id) => JSON.stringify(state(id, {})),
    (id) => JSON.stringify(state(id, { pid: process.pid, startTime })),
    (id) => JSON.stringify(state(id, { pid: process.pid, startTime, cgroup: { paths: { '': `${root}/${id}` } } })),
    (id) => JSON.stringify(state(id, { annotations: { long: 'x'.repeat(20_000) } })),
    (id) => JSON.stringify(state(id, { phase: 'nothing' })),
    () => undefined,
    () => '{',
  ];
  const ids = Array.from({ length: 300 }, (_, i) => `c${i}`);
  for (const [i, id] of ids.entries()) {
    mkdirSync(join(root, id));
    const text = kinds[(i * i) % kinds.length]!(id);
    if (text !== undefined) writeFileSync(join(root, id, 'state.json'), text);
    if (i % 3 === 0) writeFileSync(join(root, id, 'cgroup.freeze'), '1\n');
  }
  writeFileSync(join(root, 'a file'), '');
  const { states, errors } = listContainers(rt);
  const alone = native.readDir(root).map((id) => {
    try {
      return containerState(rt, id);
    } catch (error) {
      return error as Error & { code: string };
    }
  });
  t.same(
    states,
    alone.filter((one) => !(one instanceof Error)),
  );
  t.same(
    errors.map(({ message }) => message),
    alone.flatMap((one) => (one instanceof Error && one.code === 'state' ? [one.message] : [])),
  );
  t.same([...new Set(states.map(({ status }) => status))].sort(), ['paused', 'running', 'stopped']);
  t.ok(errors.length > 50);
});

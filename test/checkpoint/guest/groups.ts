/** The groups of cases, in the order of the table. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Case, type Engine, engine } from '../../engines/guest/case.js';
import { command } from '../../engines/guest/command.js';
import { Ctr, left as leftOfCtr } from '../../engines/guest/ctr/ctr.js';
import { close, left as leftOfPodman, Podman } from '../../engines/guest/podman/podman.js';
import { Box, left } from './box.js';
import { connectionCases } from './connections.js';
import { ctrCases } from './ctr.js';
import { failureCases } from './failures.js';
import { podmanCases } from './podman.js';
import { processCases } from './processes.js';
import { cgroupCases, mountCases, namespaceCases } from './surroundings.js';
import { terminalCases } from './terminals.js';
import { wayCases } from './ways.js';

const direct = (name: string, cases: readonly Case<Box>[]) =>
  engine<Box>({
    ...{ name, cases, left, begin: async () => {}, end: async () => {} },
    open: (context) => new Box(context),
    close: (box) => box.close(),
  });

const configuration = '/etc/containers/containers.conf.d/checkpoint.conf';

const podman = engine<Podman>({
  name: 'podman',
  cases: podmanCases,
  async begin() {
    await mkdir(dirname(configuration), { recursive: true });
    const lists = ['json', 'nocgroup'].map((what) => `runtime_supports_${what} = ["crun", "runc", "tsrunc"]`);
    await writeFile(configuration, `[engine]\n${lists.join('\n')}\n`);
  },
  end: async () => await rm(configuration),
  open: (context) => new Podman(context),
  close,
  left: leftOfPodman,
});

const ctr = engine<Ctr>({
  name: 'ctr',
  cases: ctrCases,
  async begin() {
    await command(['systemctl', 'start', 'containerd']);
  },
  end: async () => {},
  open: (context) => new Ctr(context),
  close: (box) => box.close(),
  left: leftOfCtr,
});

export const groups: readonly Engine[] = [
  direct('processes', processCases),
  direct('connections', connectionCases),
  direct('terminals', terminalCases),
  direct('namespaces', namespaceCases),
  direct('cgroups', cgroupCases),
  direct('mounts', mountCases),
  direct('ways', wayCases),
  direct('failures', failureCases),
  podman,
  ctr,
];

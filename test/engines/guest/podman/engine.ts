/** podman as root, with its cases. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { engine } from '../case.js';
import { crunCases } from './crun.js';
import { fileCases } from './files.js';
import { lifecycleCases } from './lifecycle.js';
import { limitCases } from './limits.js';
import { namespaceCases } from './namespaces.js';
import { close, left, Podman } from './podman.js';
import { podCases } from './pods.js';
import { rootlessCases } from './rootless.js';
import { runCases } from './run.js';
import { securityCases } from './security.js';

const configuration = '/etc/containers/containers.conf.d/engines.conf';
/** What podman has to be told of runtimes that it doesn't know: docs/engines.md. */
const lists = ['json', 'nocgroup'].map((what) => `runtime_supports_${what} = ["crun", "runc", "tsrunc"]`);

export const podman = engine<Podman>({
  name: 'podman',
  cases: [
    ...runCases,
    ...lifecycleCases,
    ...limitCases,
    ...fileCases,
    ...securityCases,
    ...namespaceCases,
    ...podCases,
    ...rootlessCases,
    ...crunCases,
  ],
  async begin() {
    await mkdir(dirname(configuration), { recursive: true });
    await writeFile(configuration, `[engine]\n${lists.join('\n')}\n`);
  },
  async end() {
    await rm(configuration);
  },
  open: (context) => new Podman(context),
  close,
  left,
});

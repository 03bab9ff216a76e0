/** dockerd, with its cases. */
import { engine } from '../case.js';
import { buildCases } from './build.js';
import { crowdCases } from './crowd.js';
import { configure, restart, stop } from './daemon.js';
import { daemonCases } from './daemons.js';
import { close, Docker, left } from './docker.js';
import { fileCases } from './files.js';
import { lifecycleCases } from './lifecycle.js';
import { limitCases } from './limits.js';
import { networkCases } from './network.js';
import { runCases } from './run.js';
import { securityCases } from './security.js';
import { swarmCases } from './swarm.js';

export const docker = engine<Docker>({
  name: 'docker',
  cases: [
    ...runCases,
    ...lifecycleCases,
    ...limitCases,
    ...fileCases,
    ...securityCases,
    ...networkCases,
    ...buildCases,
    ...swarmCases,
    ...daemonCases,
    ...crowdCases,
  ],
  async begin(driver) {
    await configure(driver);
    await restart();
  },
  end: stop,
  open: (context) => new Docker(context),
  close,
  left,
});

/** podman, with its cases. */
import { engine } from '../case.js';
import { close, left, Podman } from './podman.js';
import { runCases } from './run.js';

export const podman = engine<Podman>({
  name: 'podman',
  cases: runCases,
  async begin() {},
  async end() {},
  open: (context) => new Podman(context),
  close,
  left,
});

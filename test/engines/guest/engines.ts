/** Every engine that there are cases for, in the order of the matrix. */
import type { Engine } from './case.js';
import { docker } from './docker/engine.js';
import { podman } from './podman/engine.js';

export const engines: readonly Engine[] = [docker, podman];

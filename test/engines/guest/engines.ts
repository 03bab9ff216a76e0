/** Every engine that there are cases for, in the order of the matrix. */
import { buildah } from './buildah/engine.js';
import type { Engine } from './case.js';
import { cri } from './cri/engine.js';
import { ctr } from './ctr/engine.js';
import { docker } from './docker/engine.js';
import { podman } from './podman/engine.js';

export const engines: readonly Engine[] = [docker, podman, buildah, ctr, cri];

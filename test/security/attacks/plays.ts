/** Every attack that can be played, by the name that attacks.json has for it. */
import * as devices from './devices.js';
import * as identities from './identities.js';
import * as links from './links.js';
import * as oddConfigurations from './odd-configurations.js';
import * as processes from './processes.js';
import * as procfs from './procfs.js';
import * as races from './races.js';
import type { Play } from './stage.js';

/** Played once. */
export const single: Readonly<Record<string, Play>> = {
  ...links,
  ...devices,
  ...procfs,
  ...processes,
  ...identities,
  ...oddConfigurations,
};

/** Played many times against a process that swaps names. */
export const racing: Readonly<Record<string, Play>> = races;

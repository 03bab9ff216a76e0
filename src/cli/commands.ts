/** All commands together. The standalone executable has them all; a bundle for Node.js may hold a single one (scripts/bundle.mjs). */
import { checkpoint } from './commands/checkpoint.js';
import { completion } from './commands/completion.js';
import { create } from './commands/create.js';
import { delete as deleteCommand } from './commands/delete.js';
import { doctor } from './commands/doctor.js';
import { events } from './commands/events.js';
import { exec } from './commands/exec.js';
import { explain } from './commands/explain.js';
import { features } from './commands/features.js';
import { help } from './commands/help.js';
import { kill } from './commands/kill.js';
import { list } from './commands/list.js';
import { mounts } from './commands/mounts.js';
import { pause } from './commands/pause.js';
import { ps } from './commands/ps.js';
import { restore } from './commands/restore.js';
import { resume } from './commands/resume.js';
import { run } from './commands/run.js';
import { spec } from './commands/spec.js';
import { start } from './commands/start.js';
import { state } from './commands/state.js';
import { update } from './commands/update.js';
import { validate } from './commands/validate.js';
import type { Command } from './context.js';

/** The function of each command in the table of commands, by its name. */
export const commands: Readonly<Record<string, Command>> = {
  create,
  start,
  run,
  exec,
  kill,
  delete: deleteCommand,
  state,
  list,
  ps,
  pause,
  resume,
  checkpoint,
  restore,
  events,
  update,
  mounts,
  spec,
  validate,
  explain,
  doctor,
  features,
  completion,
  help,
};

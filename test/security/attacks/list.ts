/** The list of attacks, test/security/attacks.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../helpers/runtime.js';

/** One vulnerability that was published. */
export interface Attack {
  /** CVE or GHSA, or `own:` and a name for what was found here. */
  readonly id: string;
  /** What the attacker does and gains, in a sentence. */
  readonly attack: string;
  readonly affected: string;
  /** What tsrunc does about it. */
  readonly answer: string;
  /** Names in plays.ts; none for what can't be played against a runtime. */
  readonly plays: readonly string[];
  /** Why nothing is played. */
  readonly unplayed?: string;
  /** Test files that assert the answer, from the project's directory. */
  readonly tests: readonly string[];
}

export const attacks = JSON.parse(
  readFileSync(join(project, 'test/security/attacks.json'), 'utf8'),
) as readonly Attack[];

/** Checks hooks. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';
import type { Hooks } from '../spec.js';
import { checkEnvironment } from './check-environment.js';

const kinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;

/** hooks: absolute paths (config.md, POSIX-platform Hooks), and a valid environment. */
export function checkHooks(hooks: Hooks | undefined, findings: Findings): void {
  if (hooks === undefined) return;
  for (const kind of kinds) {
    eachItem(hooks[kind], `/hooks/${kind}`, (hook, pointer) => {
      if (!hook.path.startsWith('/')) {
        findings.problem(`${pointer}/path`, `is ${quote(hook.path)}; must be an absolute path`);
      }
      checkEnvironment(hook.env, `${pointer}/env`, findings);
    });
  }
}

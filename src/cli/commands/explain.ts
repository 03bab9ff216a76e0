import { explainBundle } from '../../container/explain-bundle.js';
import { checkContainerId } from '../../container/state/container-id.js';
import { explainJson, explainText } from '../../plan/explain/explain.js';
import type { CommandContext } from '../context.js';
import { createOptionsOf } from './create.js';

/** `explain`: prints the plan of a container; needs no root and changes nothing. */
export function explain({ rt, args, print }: CommandContext): number {
  const id = args.positionals[0] ?? 'example';
  checkContainerId(id);
  const { spec, plan } = explainBundle(rt, { ...createOptionsOf(args), id });
  print(args.text('format') === 'json' ? `${JSON.stringify(explainJson(plan), null, 2)}\n` : explainText(plan, spec));
  return 0;
}

/** The command `explain`. */
import { TsruncError } from '../../base/error.js';
import { parseJson } from '../../config/json/json-text.js';
import { writeJson } from '../../config/json/json-write.js';
import type { LoadedConfig } from '../../config/load.js';
import { explainExec } from '../../container/commands/exec.js';
import { type Comparison, comparePlans } from '../../container/explain/compare-plans.js';
import { deleteLines } from '../../container/explain/explain-delete.js';
import { restoreLines } from '../../container/explain/explain-restore.js';
import { updateLines } from '../../container/explain/explain-update.js';
import { type Explanation, explainBundle } from '../../container/explain-bundle.js';
import { forecastBundle } from '../../container/forecast/forecast.js';
import { forecastCounts, forecastJson, forecastText } from '../../container/forecast/forecast-document.js';
import { checkContainerId } from '../../container/state/container-id.js';
import { actionsJson, actionsText } from '../../plan/explain/actions-text.js';
import { explainJson, explainLines, explainText } from '../../plan/explain/explain.js';
import { differenceText } from '../../plan/explain/explain-diff.js';
import { execLines } from '../../plan/explain/explain-exec.js';
import { explainHtml } from '../../plan/explain/explain-html.js';
import type { Line } from '../../plan/explain/line.js';
import type { ContainerPlan, PlanWarning } from '../../plan/plan.js';
import type { CommandContext } from '../context.js';
import { createOptionsOf } from './create.js';
import { execRequestOf } from './exec.js';
import { restoreOptionsOf } from './restore.js';
import { updateRequestOf, withSource } from './update.js';

/** `explain`: prints the plan by which `create` would make a container. Needs no root and changes nothing. */
export function explain(context: CommandContext): number {
  const { rt, args, print } = context;
  if (context.explained !== undefined) return explainOther(context, context.explained);
  const id = args.positionals[0] ?? 'example';
  checkContainerId(id);
  const options = { ...createOptionsOf(args), id };
  const other = args.text('diff');
  const format = args.text('format');
  if (args.flag('check') && other) throw new TsruncError('usage', '--check and --diff exclude each other');
  if (format === 'html' && (args.flag('check') || other))
    throw new TsruncError('usage', '--format html is for the plan alone, without --check and --diff');
  const explanation = explainBundle(rt, options);
  if (args.flag('check')) return check(context, explanation, id);
  if (other) return compare(context, comparePlans(rt, explanation, options, other));
  const { spec, plan, bundle } = explanation;
  if (format === 'json') print(`${JSON.stringify(explainJson(plan), null, 2)}\n`);
  else if (format === 'html') print(pageOf(bundle.config, plan));
  else print(explainText(plan, spec));
  return 0;
}

/** The page of --format html. A configuration on one line is broken into many, so that there is something to point at. */
function pageOf({ file, text, positionOf, spec }: LoadedConfig, plan: ContainerPlan): string {
  const lines = explainLines(plan);
  const title = `${spec.process?.args?.join(' ') ?? 'a container'}: what ${file} makes`;
  const page = { title, lines, warnings: plan.warnings };
  if (text.trim().includes('\n')) return explainHtml({ ...page, text, positionOf });
  const broken = JSON.stringify(JSON.parse(text), null, 2);
  return explainHtml({ ...page, text: broken, positionOf: parseJson(broken).positionOf });
}

/** `explain --diff`: 0, whether there is a difference or not. */
function compare({ args, print }: CommandContext, { first, second, difference }: Comparison): number {
  const isJson = args.text('format') === 'json';
  const document = { first: first.title, second: second.title, ...difference };
  print(isJson ? `${writeJson(document)}\n` : differenceText(first, second, difference));
  return 0;
}

/** `explain exec`, `update`, `delete`, `restore`. */
function explainOther(context: CommandContext, command: string): number {
  const { args, print } = context;
  const { title, lines, warnings } = explained(context, command);
  const isJson = args.text('format') === 'json';
  print(
    isJson ? `${JSON.stringify(actionsJson(title, lines, warnings), null, 2)}\n` : actionsText(title, lines, warnings),
  );
  return 0;
}

interface Explained {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly warnings: readonly PlanWarning[];
}

function explained({ rt, native, args }: CommandContext, command: string): Explained {
  const id = args.positionals[0] ?? '';
  switch (command) {
    case 'exec': {
      const { process, plan, cloneInto } = explainExec(rt, id, execRequestOf(rt, native, args));
      const title = `Plan for ${process.args?.join(' ') ?? ''} in ${id}`;
      return { title, lines: execLines(plan, cloneInto), warnings: plan.warnings };
    }
    case 'update': {
      const { resources, schemata, source } = updateRequestOf(rt, native, args);
      const found = withSource(source, () => updateLines(rt, id, resources, schemata));
      return { title: `Update of ${id}`, ...found };
    }
    case 'delete': {
      if (args.flag('regex')) throw new TsruncError('usage', 'explain delete takes an ID, and no --regex');
      return { title: `Removal of ${id}`, lines: deleteLines(rt, id, args.flag('force')), warnings: [] };
    }
    default:
      return { title: `Restore of ${id}`, ...restoreLines(rt, restoreOptionsOf(args)) };
  }
}

/** `explain --check`: 0 if nothing is known to fail, else 1. */
function check({ rt, args, print }: CommandContext, explanation: Explanation, id: string): number {
  const { warnings } = explanation.plan;
  const lines = forecastBundle(rt, explanation, id);
  const isJson = args.text('format') === 'json';
  print(isJson ? `${JSON.stringify(forecastJson(lines, warnings), null, 2)}\n` : forecastText(lines, warnings));
  return forecastCounts(lines).fails > 0 ? 1 : 0;
}

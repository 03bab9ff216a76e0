/** What `explain --check` prints: the actions of a plan with what is foretold of each, as text and as data. */
import { linesText } from '../../base/quote.js';
import { actionRows, warningLines } from '../../plan/explain/actions-text.js';
import type { PlanWarning } from '../../plan/plan.js';
import type { ForetoldLine } from './forecast.js';
import type { Outcome } from './verdict.js';

const words: Readonly<Record<Outcome, string>> = { works: 'will work', fails: 'will fail', unknown: "can't know" };

/** How many actions have each outcome. */
export type ForecastCounts = Readonly<Record<Outcome, number>>;

export function forecastCounts(lines: readonly ForetoldLine[]): ForecastCounts {
  const count = (outcome: Outcome) => lines.filter(({ verdict }) => verdict.outcome === outcome).length;
  return { works: count('works'), fails: count('fails'), unknown: count('unknown') };
}

/**
 * A line for each action: its number, what is foretold, who does it, the field that asks for it, and what it is. Below one that fails
 * or can't be known stands why. The counts come last. Ends with a newline.
 */
export function forecastText(lines: readonly ForetoldLine[], warnings: readonly PlanWarning[]): string {
  const indent = ' '.repeat(String(lines.length).length);
  const marked = actionRows(lines, ({ verdict }) => `${words[verdict.outcome].padEnd(10)}  `);
  const rows = lines.flatMap(({ pointer, verdict }, i) => {
    const blamed = verdict.pointer !== undefined && verdict.pointer !== pointer && !verdict.why.startsWith('/');
    const why = `${blamed ? `${verdict.pointer}: ` : ''}${verdict.why}`;
    return why === '' ? [marked[i]!] : [marked[i]!, `${indent}      ${why.replaceAll('\n', ' ')}`];
  });
  const said = warningLines(warnings);
  const { works, fails, unknown } = forecastCounts(lines);
  const counts = `${lines.length} actions: ${works} will work, ${fails} will fail, ${unknown} can't be known`;
  return linesText([...rows, '', ...said, counts]);
}

/** The same as an object for JSON.stringify. */
export function forecastJson(lines: readonly ForetoldLine[], warnings: readonly PlanWarning[]): unknown {
  return {
    counts: forecastCounts(lines),
    actions: lines.map(({ actor, pointer, text, verdict }, i) => ({
      number: i + 1,
      actor,
      pointer: verdict.pointer ?? pointer,
      text,
      outcome: verdict.outcome,
      ...(verdict.why !== '' && { why: verdict.why }),
    })),
    warnings: warnings.map(({ text, pointer }) => ({ text, pointer })),
  };
}

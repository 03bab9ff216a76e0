/** Says in what two plans differ, and which fields make them so, for `explain --diff`. */

import { linesText } from '../../base/quote.js';
import { type FieldDifference, fieldDifferences } from '../../config/field-diff.js';
import { writeJson } from '../../config/json/json-write.js';
import type { Spec } from '../../config/spec.js';
import type { Line } from './line.js';
import { diffLists } from './sequence-diff.js';

/** One of the two plans. */
export interface DiffSide {
  /** What it is called: the path of a bundle, the id of a container. */
  readonly title: string;
  readonly spec: Spec;
  readonly lines: readonly Line[];
  /** Paths that are another one's on the other side by nature, and what stands for both: [path, word]. */
  readonly own: readonly (readonly [path: string, word: string])[];
}

/** An action that one side has alone. */
export interface DifferingAction {
  readonly sign: '-' | '+';
  readonly actor: Line['actor'];
  readonly pointer: string;
  readonly text: string;
}

/** A field that differs, and the actions that differ because of it. */
export interface DifferingField extends FieldDifference {
  readonly actions: readonly DifferingAction[];
}

/** What two plans differ in. */
export interface PlanDifference {
  /** The fields that change the plan come first. */
  readonly fields: readonly DifferingField[];
  /** Actions that differ although no field that asks for them does. */
  readonly others: readonly DifferingAction[];
}

/** Compares two plans. Actions are the same when their words are, wherever the field stands that asks for them. */
export function planDifference(first: DiffSide, second: DiffSide): PlanDifference {
  const neutral = (side: DiffSide): Line[] =>
    side.lines.map((line) => ({
      ...line,
      text: side.own.reduce((text, [path, word]) => text.replaceAll(path, word), line.text),
    }));
  const items = diffLists(neutral(first), neutral(second), ({ actor, text }) => `${actor} ${text}`);
  const actions = items.flatMap(({ sign, item }): DifferingAction[] =>
    sign === ' ' ? [] : [{ sign, actor: item.actor, pointer: item.pointer, text: item.text }],
  );
  const differing = fieldDifferences(first.spec, second.spec);
  const left = new Set(actions);
  const fields = differing.map((field): DifferingField => {
    const its = actions.filter(({ sign, pointer }) => isAbout(pointer, sign === '-' ? field.first : field.second));
    for (const action of its) left.delete(action);
    return { ...field, actions: its };
  });
  const rank = ({ actions: its }: DifferingField): number => (its.length > 0 ? 0 : 1);
  return { fields: fields.sort((a, b) => rank(a) - rank(b)), others: [...left] };
}

/** Whether the action of a field's pointer is because of another field: that one, one in it, or one around it. */
function isAbout(pointer: string, field: string | undefined): boolean {
  if (field === undefined || pointer === '' || field === '') return false;
  return pointer === field || pointer.startsWith(`${field}/`) || field.startsWith(`${pointer}/`);
}

/** The difference as text: for each field its values, and below it the actions. Ends with a newline. */
export function differenceText(first: DiffSide, second: DiffSide, difference: PlanDifference): string {
  const { fields, others } = difference;
  const count = fields.reduce((sum, { actions }) => sum + actions.length, others.length);
  const lines = [`--- ${first.title}`, `+++ ${second.title}`, ''];
  if (fields.length === 0 && others.length === 0) return linesText([...lines, 'no difference']);
  const action = ({ sign, actor, text }: DifferingAction): string => `  ${sign} ${actor.padEnd(7)}  ${text}`;
  for (const field of fields.filter(({ actions }) => actions.length > 0)) {
    lines.push(...fieldText(field), ...field.actions.map(action), '');
  }
  if (others.length > 0)
    lines.push('because of the options, the host, or several fields together:', ...others.map(action), '');
  const idle = fields.filter(({ actions }) => actions.length === 0);
  if (idle.length > 0)
    lines.push('fields that differ, and change no action by themselves:', ...idle.flatMap(fieldText), '');
  lines.push(`${count} actions differ, and ${fields.length} fields`);
  return linesText(lines);
}

const LONGEST = 100;

function fieldText({ first, second, before, after }: FieldDifference): string[] {
  const shown = (value: unknown): string => {
    const text = writeJson(value);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  };
  const lines: string[] = [];
  if (first !== undefined) lines.push(`- ${first}: ${shown(before)}`);
  if (second !== undefined) lines.push(`+ ${second}: ${shown(after)}`);
  return lines;
}

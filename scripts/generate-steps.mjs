// Makes of the one step table what runtime and init have to agree on: the types of the steps and the order of their fields
// (TypeScript), the structs with their decoder and the declarations of the functions that carry them out (C++). And of
// protocol.ts the numbers of the messages.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
function load(path) {
  const { code } = transformSync(readFileSync(join(top, path), 'utf8'), { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}
const table = await load('src/plan/steps/step-table.ts');
const protocol = await load('src/plan/steps/protocol.ts');

const note = 'Generated from src/plan/steps/step-table.ts by scripts/generate-steps.mjs.';
const pascal = (name) => name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/-/g, '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const tsTypes = {
  u32: 'number',
  i32: 'number',
  u64: 'bigint',
  i64: 'bigint',
  str: 'string',
  bytes: 'Uint8Array',
  strs: 'readonly string[]',
  slot: 'number',
};
const cxxTypes = {
  u32: 'u32',
  i32: 'i32',
  u64: 'u64',
  i64: 'i64',
  str: 'Str',
  bytes: 'Bytes',
  strs: 'Strs',
  slot: 'u32',
};

function typescript() {
  const union = table.stepTable.map((step) => {
    const fields = step.fields.map(([name, type]) => ` ${name}: ${tsTypes[type]};`).join('');
    return `  | { step: '${step.name}';${fields} }`;
  });
  const values = table.stepTable.map((step, kind) => {
    const list = [kind, ...step.fields.map(([name]) => `step.${name}`)].join(', ');
    return `  '${step.name}': (${step.fields.length > 0 ? 'step' : ''}) => [${list}],`;
  });
  return `// ${note}
import type { PlanValue } from '../../../native/native.js';

export type Step =
${union.join('\n')};

export type StepName = Step['step'];

/** The number of a step's kind, then the values of its fields in their order. */
export const stepValues: { readonly [Name in StepName]: (step: Extract<Step, { step: Name }>) => PlanValue[] } = {
${values.join('\n')}
};
`;
}

/** The public type of a step in a plan as JSON, with what the table says of each as its documentation. */
function planStep() {
  const source = readFileSync(join(top, 'src/plan/steps/step-table.ts'), 'utf8');
  const json = { ...tsTypes, u64: 'number | string', i64: 'number | string', bytes: 'string' };
  const union = table.stepTable.map((step) => {
    const masks = ['capabilities', 'bounding-set'].includes(step.name);
    // By type rather than as they come: such a type has no members that would each want documentation.
    const names = {};
    for (const [name, type] of step.fields) {
      const key = masks ? 'readonly string[]' : json[type];
      names[key] = [...(names[key] ?? []), `'${name}'`];
    }
    const records = Object.entries(names).map(([type, list]) => `Readonly<Record<${list.join(' | ')}, ${type}>>`);
    const type = records.join(' & ') || 'Readonly<Record<string, never>>';
    return `  /** ${comment(source, step.name)} */
  | Step<'${step.name}', ${type}>`;
  });
  return `// ${note}
/** What every step of a plan has, whatever it does: \`step\` says which kind it is, \`fields\` what that kind is told. */
export interface Step<Name extends string, Fields> {
  /** The kind of step. */
  readonly step: Name;
  /** Its place in the plan, from 0. */
  readonly number: number;
  /** JSON pointer of the field that asks for it; '' if the specification or tsrunc itself does. */
  readonly pointer: string;
  /** What is done, in words. */
  readonly text: string;
  /** The values it is done with: the kernel's numbers, bytes as hexadecimal text, numbers beyond 2^53 as decimal text. */
  readonly fields: Fields;
}

/**
 * A step that the first process of a container takes: a union by \`step\`. A \`slot\` is the number of a descriptor; those below 1024 are
 * the plan's \`slots\`, 4294967295 stands for none.
 */
export type PlanStep =
${union.join('\n')};
`;
}

/** The comment above a step in the table, on one line; throws where there is none, as the documentation would have a hole. */
function comment(source, name) {
  const [, lines] = source.match(new RegExp(`\n((?:  // .*\n)+)  step\\(\\s*'${name}'`)) ?? [];
  if (lines === undefined) throw new Error(`step-table.ts: no comment above ${name}`);
  const text = lines.split('\n').map((line) => line.trim().slice(3));
  return text
    .filter((line) => !/^-+/.test(line))
    .join(' ')
    .replace(/\*\//g, '* /')
    .trim();
}

function cxx() {
  const structs = table.stepTable.map((step, kind) => {
    const fields = step.fields.map(([name, type]) => `  ${cxxTypes[type]} ${snake(name)};\n`).join('');
    const reads = step.fields.map(([name]) => ` && in.take(step.${snake(name)})`).join('');
    const visits = step.fields.map(([name]) => ` visitor(step.${snake(name)});`).join('');
    return `struct ${pascal(step.name)} {
  static constexpr u32 kind = ${kind};
${fields}};
inline bool decode(Reader &in, ${pascal(step.name)} &step) { (void)step; return true${reads} && in.done(); }
template <typename Visitor> void visit(const ${pascal(step.name)} &step, Visitor &visitor) { (void)step, (void)visitor;${visits} }
`;
  });
  const cases = table.stepTable.map(
    (step, kind) =>
      `    case ${kind}: { ${pascal(step.name)} step; return decode(in, step) ? run(context, step) : malformed(context); }`,
  );
  return `// ${note}
#pragma once

// \`decode\` reads the fields of a step, in their order; \`visit\` hands them on, for the tests of the decoder.
namespace step {

constexpr u32 layout = ${table.LAYOUT};
constexpr u32 magic = 0x${table.MAGIC.toString(16)};
constexpr u32 no_slot = 0x${table.NO_SLOT.toString(16)};
constexpr u32 slot_limit = ${table.SLOT_LIMIT};

${structs.join('\n')}
// Decodes one step and calls run(context, step), which is overloaded for every struct above.
template <typename Context> int dispatch(Context &context, u32 kind, Reader &in) {
  switch (kind) {
${cases.join('\n')}
    default: return malformed(context);
  }
}

} // namespace step
`;
}

function cxxFunctions() {
  const functions = table.stepTable.map((step) => `int run(Context &context, const step::${pascal(step.name)} &step);`);
  return `// ${note}
#pragma once

#include "../context.h"

${functions.join('\n')}
`;
}

function cxxProtocol() {
  const constants = (numbers) =>
    Object.entries(numbers)
      .map(([name, value]) => `constexpr unsigned ${snake(name)} = ${value};`)
      .join('\n');
  return `// Generated from src/plan/steps/protocol.ts by scripts/generate-steps.mjs.
#pragma once

namespace message {
${constants(protocol.MessageKind)}
constexpr char error_separator = ${protocol.ERROR_SEPARATOR.charCodeAt(0)};
} // namespace message

constexpr unsigned reply_kind = ${protocol.REPLY};

namespace sync_event {
${constants(protocol.SyncEvent)}
} // namespace sync_event
`;
}

const files = {
  'src/plan/steps/generated/steps.ts': typescript(),
  'src/library/types/generated/plan-step.ts': planStep(),
  'addon/init/generated/steps.h': cxx(),
  'addon/init/generated/step-functions.h': cxxFunctions(),
  'addon/init/generated/protocol.h': cxxProtocol(),
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

// Makes the encoder and types (TypeScript) and the decoder (C++) of the plan from the one step table.
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
  const kinds = table.stepTable.map((step, kind) => {
    const names = (fields) => fields.map(([name]) => `'${name}'`).join(', ');
    return `  '${step.name}': { kind: ${kind}, fields: [${names(step.fields)}] },`;
  });
  return `// ${note}
export type Step =
${union.join('\n')};

export type StepName = Step['step'];

/** The fields in their order. */
export const stepKinds: Record<StepName, { kind: number; fields: readonly string[] }> = {
${kinds.join('\n')}
};
`;
}

function cxx() {
  const structs = table.stepTable.map((step, kind) => {
    const fields = step.fields.map(([name, type]) => `  ${cxxTypes[type]} ${snake(name)};\n`).join('');
    const reads = step.fields.map(([name]) => ` && in.take(step.${snake(name)})`).join('');
    return `struct ${pascal(step.name)} {
  static constexpr u32 kind = ${kind};
${fields}};
inline bool decode(Reader &in, ${pascal(step.name)} &step) { (void)step; return true${reads} && in.done(); }
`;
  });
  const cases = table.stepTable.map(
    (step, kind) =>
      `    case ${kind}: { ${pascal(step.name)} step; return decode(in, step) ? run(context, step) : malformed(context); }`,
  );
  return `// ${note}
#pragma once

namespace step {

constexpr u32 layout = ${table.LAYOUT};
constexpr u32 magic = 0x50525354;
constexpr u32 no_slot = 0x${table.NO_SLOT.toString(16)};
constexpr u32 slot_limit = ${table.SLOT_LIMIT};
constexpr u32 count = ${table.stepTable.length};

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

function cxxProtocol() {
  const constants = (numbers) =>
    Object.entries(numbers)
      .map(([name, value]) => `constexpr unsigned ${snake(name)} = ${value};`)
      .join('\n');
  return `// Generated from src/plan/steps/protocol.ts by scripts/generate-steps.mjs.
#pragma once

namespace message {
${constants(protocol.MessageKind)}
} // namespace message

namespace sync_event {
${constants(protocol.SyncEvent)}
} // namespace sync_event
`;
}

function write(path, text) {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

write('src/plan/steps/generated/steps.ts', typescript());
write('addon/init/generated/steps.h', cxx());
write('addon/init/generated/protocol.h', cxxProtocol());

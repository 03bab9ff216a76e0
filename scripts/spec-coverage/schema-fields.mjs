// The fields of a JSON Schema, as pointers: `*` stands for an index of an array and for a name of a map.

/**
 * @typedef {object} Field
 * @property {string} pointer
 * @property {boolean} hasMembers an object, or a list or map of objects: its members are fields of their own
 * @property {string[]} values the words that it may have; none where any value of its type will do
 */

/**
 * Every field that the schema in `file` describes, in its order.
 * @param {Record<string, object>} schemas file name → schema
 * @returns {Field[]}
 */
export function schemaFields(schemas, file) {
  const found = new Map();
  walk({ schemas, file, schema: schemas[file], pointer: '', found });
  return [...found.values()];
}

/** The specification's own schemas have one reference that leads nowhere. */
function resolve(schemas, file, schema) {
  let at = { file, schema };
  while (at.schema.$ref !== undefined) {
    const [other, pointer = ''] = at.schema.$ref.split('#');
    const target = other || at.file;
    const parts = pointer.split('/').slice(1);
    at = { file: target, schema: parts.reduce((inner, part) => inner?.[part], schemas[target]) ?? {} };
  }
  return at;
}

function walk({ schemas, file: from, schema: given, pointer, found }) {
  const { file, schema } = resolve(schemas, from, given);
  const next = (inner, at) => walk({ schemas, file, schema: inner, pointer: at, found });
  for (const one of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) next(one, pointer);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = `${pointer}/${name}`;
    const before = found.size;
    found.set(at, { pointer: at, hasMembers: false, values: valuesOf(schemas, file, inner) });
    next(inner, at);
    found.get(at).hasMembers = found.size > before + 1;
  }
  if (schema.items) next(schema.items, `${pointer}/*`);
  if (typeof schema.additionalProperties === 'object') next(schema.additionalProperties, `${pointer}/*`);
  for (const inner of Object.values(schema.patternProperties ?? {})) next(inner, `${pointer}/*`);
}

function valuesOf(schemas, file, inner) {
  const one = resolve(schemas, file, inner);
  const { schema } = one.schema.items ? resolve(schemas, one.file, one.schema.items) : one;
  return (schema.enum ?? []).filter((value) => value !== '');
}

// What the checks of names know of the JSON Schemas of spec-schemas/: for every object its members, for every map what its
// values are. An array has the shape of its items.

/**
 * The shape of what the schema in `file` describes, see src/config/shapes.ts.
 * @param schemas file name → schema
 */
export function shapeOf(schemas, file) {
  return shape(schemas, file, schemas[file]);
}

function shape(schemas, file, schema) {
  if (schema.$ref !== undefined) {
    const [other, pointer = ''] = schema.$ref.split('#');
    const target = other || file;
    const parts = pointer.split('/').slice(1);
    return shape(
      schemas,
      target,
      parts.reduce((inner, part) => inner[part], schemas[target]),
    );
  }
  if (schema.items) return shape(schemas, file, schema.items);
  if (schema.additionalProperties) return { each: shape(schemas, file, schema.additionalProperties) };
  if (!schema.properties) return {};
  const members = Object.entries(schema.properties).map(([name, inner]) => [name, shape(schemas, file, inner)]);
  return { members: Object.fromEntries(members), ...(schema.required && { required: schema.required }) };
}

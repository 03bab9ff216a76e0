/** Every field of the schemas, as a pointer with `*` for items of lists and members of maps. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../helpers/runtime.js';

type Schema = Record<string, unknown> & {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  $ref?: string;
};

const directory = join(project, 'spec-schemas');

/** @param file the schema's name, e.g. `config.schema.json` */
export function fieldsOf(file: string): string[] {
  const schemas = new Map(
    readdirSync(directory).map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as Schema]),
  );
  const walk = (schema: Schema, within: string, pointer: string): string[] => {
    if (schema.$ref !== undefined) {
      const [name = '', path = ''] = schema.$ref.split('#');
      const target = name || within;
      const parts = path.split('/').filter(Boolean);
      return walk(
        parts.reduce((inner, part) => inner[part] as Schema, schemas.get(target)!),
        target,
        pointer,
      );
    }
    const members = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
      walk(inner, within, `${pointer}/${name}`),
    );
    const rest =
      typeof schema.additionalProperties === 'object' ? walk(schema.additionalProperties, within, `${pointer}/*`) : [];
    return [pointer, ...members, ...rest, ...(schema.items ? walk(schema.items, within, `${pointer}/*`) : [])];
  };
  return walk(schemas.get(file)!, file, '').filter(Boolean);
}

/** The same pointers of a value; those of a map's members are there by name and as `*`. */
export function fieldsIn(value: unknown, pointer = '', found = new Set<string>()): Set<string> {
  if (pointer !== '') found.add(pointer);
  if (Array.isArray(value)) for (const item of value) fieldsIn(item, `${pointer}/*`, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      fieldsIn(inner, `${pointer}/${name}`, found);
      fieldsIn(inner, `${pointer}/*`, found);
    }
  }
  return found;
}

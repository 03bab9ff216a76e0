/** Checks what a runtime prints before anybody relies on it. */
import { parseJson } from '../../../config/json/json-text.js';
import { RuntimeError } from '../runtime-error.js';

type Schemas = typeof import('./schemas.js');

/** The types of the answers, by the names of their schemas. */
type Checked<Name extends keyof Schemas> = ReturnType<Schemas[Name]['parse']>;

let loaded: Promise<Schemas> | undefined;

/**
 * The value of a JSON text that a command has printed, checked.
 * @param name which answer it has to be
 * @param argv the command line, for the error
 * @throws RuntimeError 'answer' when it is something else
 */
export async function checkAnswer<Name extends keyof Schemas>(
  name: Name,
  text: string,
  argv: readonly string[],
): Promise<Checked<Name>> {
  // Not at the top: zod takes longer to load than all the rest, and most operations have no answer.
  loaded ??= import('./schemas.js');
  const [schemas] = await Promise.all([loaded]);
  const refused = (why: string, cause?: unknown): RuntimeError => {
    const begin = text.length > 200 ? `${text.slice(0, 200)}…` : text;
    return new RuntimeError(`${argv[0]} printed no ${name}: ${why}: ${JSON.stringify(begin)}`, {
      ...{ code: 'answer', argv, cause },
    });
  };
  let value: unknown;
  try {
    ({ value } = parseJson(text));
  } catch (error) {
    throw refused((error as Error).message, error);
  }
  const result = schemas[name].safeParse(value);
  if (result.success) return result.data as Checked<Name>;
  const [issue] = result.error.issues;
  throw refused(`/${issue?.path.map(String).join('/')}: ${issue?.message}`, result.error);
}

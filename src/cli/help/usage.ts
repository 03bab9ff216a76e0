/** The form of a command line. */
import type { ArgumentDefinition } from '../command-definition.js';

/** A command line of a command with the names of its arguments, e.g. `tsrunc kill [options] ID [SIGNAL]`. */
export function usageOf(name: string, args: readonly ArgumentDefinition[]): string {
  const usage = args.map((one) =>
    one.arity === 'required' ? one.name : `[${one.name}${one.arity === 'rest' ? '...' : ''}]`,
  );
  return ['tsrunc', name, '[options]', ...usage].join(' ');
}

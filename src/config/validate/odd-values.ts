/** Rules about values that are allowed, and hardly ever meant. */
import { quote } from '../../base/quote.js';
import { eachItem } from '../findings.js';
import type { Hook } from '../spec.js';
import type { Note, Parts } from './rule.js';

const code = 'odd-value';

/** Permissions as people know them, in octal digits. As a decimal number each of them is another mode. */
const modes = new Set([400, 440, 444, 500, 555, 600, 620, 640, 644, 660, 664, 666, 700, 711, 750, 755, 770, 775, 777]);
const umasks = new Set([22, 27, 77]);
/** A process with less memory can't even be started. */
const leastMemory = 1 << 20;

/** Applies these rules to a file. */
export function checkOddValues({ spec, process, resources }: Parts, note: Note): void {
  if (process !== undefined) {
    const [{ args, env, user }, pointer] = process;
    const [program] = args ?? [];
    if (args?.length === 1 && program !== undefined && /^\S+\s+\S/.test(program)) {
      const words = program.trim().split(/\s+/).map(quote).join(', ');
      note(
        code,
        `${pointer}/args/0`,
        `is ${quote(program)}, the name of one file; must be [${words}] if these are arguments`,
      );
    }
    checkEnvironment(env, `${pointer}/env`, note);
    const umask = user?.umask;
    if (umask !== undefined && umasks.has(umask)) {
      note(code, `${pointer}/user/umask`, inOctal(umask));
    }
  }
  eachItem(spec?.linux?.devices, '/linux/devices', ({ fileMode }, pointer) => {
    if (fileMode !== undefined && modes.has(fileMode)) note(code, `${pointer}/fileMode`, inOctal(fileMode));
  });
  const limit = resources?.[0].memory?.limit ?? 0;
  if (limit > 0 && limit < leastMemory) {
    note(
      code,
      `${resources![1]}/memory/limit`,
      `is ${limit} bytes, too little for any process; must be given in bytes`,
    );
  }
  for (const [kind, hooks] of Object.entries((spec?.hooks ?? {}) as Readonly<Record<string, Hook[]>>)) {
    if (Array.isArray(hooks))
      eachItem(hooks, `/hooks/${kind}`, ({ timeout = 0 }, pointer) => {
        if (timeout >= 1000 && timeout % 1000 === 0) {
          note(
            code,
            `${pointer}/timeout`,
            `is ${timeout} seconds; must be ${timeout / 1000} if milliseconds were meant`,
          );
        }
      });
  }
}

function inOctal(value: number): string {
  const meant = Number.parseInt(String(value), 8);
  return `is ${value}, which is 0${value.toString(8)} in octal; must be ${meant} if 0${value} is meant`;
}

function checkEnvironment(env: readonly string[] | undefined, pointer: string, note: Note): void {
  const seen = new Map<string, string>();
  eachItem(env, pointer, (entry, at) => {
    const name = entry.slice(0, entry.indexOf('='));
    const earlier = seen.get(name);
    if (earlier !== undefined && name !== '') {
      note('contradiction', at, `gives ${quote(name)} again; must be given once, here or at ${earlier}`);
    }
    seen.set(name, at);
  });
}

/** Reads the options of `update` that set a limit. */
import { TsruncError, withFields } from '../base/error.js';
import { quote, shorten } from '../base/quote.js';
import { checkResources } from '../config/checks/check-resources.js';
import { Findings } from '../config/findings.js';
import type { Int, Resources } from '../config/spec.js';
import type { Arguments } from './parse.js';
import { parseSize } from './size.js';

/** What the value of an option is: a whole number, one from 0 on (natural), a size or -1 for no limit, or any text. */
type Reader = 'integer' | 'natural' | 'size' | 'text';

/** For each option: the JSON pointer of the field of resources that it sets, and how its value is read. */
const options: readonly (readonly [option: string, pointer: string, reader: Reader])[] = [
  ['blkio-weight', '/blockIO/weight', 'natural'],
  ['cpu-period', '/cpu/period', 'natural'],
  ['cpu-quota', '/cpu/quota', 'integer'],
  ['cpu-burst', '/cpu/burst', 'natural'],
  ['cpu-share', '/cpu/shares', 'natural'],
  ['cpu-rt-period', '/cpu/realtimePeriod', 'natural'],
  ['cpu-rt-runtime', '/cpu/realtimeRuntime', 'integer'],
  ['cpuset-cpus', '/cpu/cpus', 'text'],
  ['cpuset-mems', '/cpu/mems', 'text'],
  ['cpu-idle', '/cpu/idle', 'integer'],
  ['memory', '/memory/limit', 'size'],
  ['memory-reservation', '/memory/reservation', 'size'],
  ['memory-swap', '/memory/swap', 'size'],
  ['pids-limit', '/pids/limit', 'integer'],
];

/** The names of these options. With --resources they have no effect. */
export const limitOptions: readonly string[] = options.map(([option]) => option);

/**
 * The resources that the options ask for, checked like those of a file. An option with an empty value counts as not given.
 * @throws TsruncError 'usage' that names the option
 */
export function resourcesOf(args: Arguments): Resources {
  const resources: Record<string, Record<string, unknown>> = {};
  for (const [option, pointer, reader] of options) {
    const text = args.text(option);
    if (!text) continue;
    const [, section = '', field = ''] = pointer.split('/');
    const values = resources[section] ?? {};
    resources[section] = values;
    values[field] = read(option, text, reader);
  }
  const findings = new Findings();
  checkResources(resources, '', findings, true);
  const [problem] = findings.problems;
  if (problem) throw withOption(new TsruncError('usage', problem.text, { pointer: problem.pointer }));
  return resources;
}

function read(option: string, text: string, reader: Reader): Int | string {
  if (reader === 'text') return text;
  const wrong = (what: string) => new TsruncError('usage', `invalid value for ${option}: ${what}`);
  if (reader === 'size') {
    const size = text === '-1' ? -1 : parseSize(text);
    if (size === undefined) throw wrong(`invalid size: '${shorten(text)}'`);
    return size;
  }
  if (!(reader === 'natural' ? /^\d{1,19}$/ : /^[+-]?\d{1,18}$/).test(text))
    throw wrong(`${quote(text)} is not a whole number${reader === 'natural' ? ' from 0 on' : ''}`);
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** An error about a field that one of the options sets, as an error that names the option instead; any other error unchanged. */
export function withOption(error: unknown): unknown {
  if (!(error instanceof TsruncError) || error.pointer === undefined) return error;
  const option = optionOf(error.pointer);
  if (option === undefined) return error;
  const { pointer: _pointer, ...fields } = error.fields;
  return withFields(new TsruncError(error.code, error.message, fields), {}, `--${option}: ${error.message}`);
}

function optionOf(pointer: string): string | undefined {
  if (pointer.startsWith('/linux/intelRdt')) return 'l3-cache-schema, --mem-bw-schema';
  return options.find(([, field]) => field === pointer)?.[0];
}

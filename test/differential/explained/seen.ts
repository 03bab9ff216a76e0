import type { Mount, NamespaceType, Process, Spec } from '../../../src/config/spec.js';
import type { Difference, Facts } from '../facts.js';
import type { Case } from '../modes.js';

/** A difference, with all that it may come from. */
export interface Seen extends Difference {
  /** Which process of exec or which update it is about; `fact` is the rest of the name. */
  readonly step: number | undefined;
  readonly given: Case;
  readonly all: { readonly tsrunc: Facts; readonly runc: Facts };
  /** What they said when they refused. */
  readonly said: { readonly tsrunc: string; readonly runc: string };
}

export interface Explanation {
  /** The first cell of its row. */
  readonly row: string;
  /** The page, if it isn't compatibility.md. */
  readonly page?: string;
  readonly holds: (seen: Seen) => boolean;
}

export const config = ({ given }: Seen): Spec => given.config;

/** The process that a fact is about. */
export const processOf = ({ given, step }: Seen): Process | undefined =>
  step === undefined ? given.config.process : given.processes?.[step];

export const hasNamespace = (seen: Seen, type: NamespaceType): boolean =>
  config(seen).linux?.namespaces?.some((one) => one.type === type) ?? false;

/** tsrunc made the container, runc refused it with words that match. */
export const runcRefuses = ({ fact, tsrunc, runc, said }: Seen, words: RegExp): boolean =>
  fact === 'outcome' && tsrunc !== 'refused' && runc === 'refused' && words.test(said.runc);

/** The other way round. */
export const tsruncRefuses = ({ fact, tsrunc, runc, said }: Seen, words: RegExp): boolean =>
  fact === 'outcome' && tsrunc === 'refused' && runc !== 'refused' && words.test(said.tsrunc);

/** Of a fact of a mount: its place, and the part of it. */
export function mountOf({
  fact,
  all,
}: Seen): { place: string; part: string; is: { tsrunc: string; runc: string } } | undefined {
  const [, place = '', part = ''] = /^mounts:(.*):(\w+)$/.exec(fact) ?? [];
  const [tsrunc, runc] = [all.tsrunc, all.runc].map((facts) => facts.get(`mounts:${place}:is`));
  return tsrunc === undefined || runc === undefined
    ? undefined
    : { place: place.replace(/#\d+$/, ''), part, is: { tsrunc, runc } };
}

/** The path that a fact of files is about, as the probe names it. */
export const pathOf = ({ fact }: Seen): string | undefined => /^(?:tree|opens):(\/.*)$/.exec(fact)?.[1];

/** The path in the image that a path of the configuration leads to. */
export const placeOf = (path: string): string =>
  `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
    .replace(/^\/link(?=\/|$)/, '/data')
    .replace(/^\/file-link$/, '/data/file')
    .replace(/^\/proc\/self(?=\/|$)/, '/proc/PID');

/** The mounts of the configuration at a place. */
export const mountsAt = (seen: Seen, place: string): Mount[] =>
  (config(seen).mounts ?? []).filter(({ destination }) => placeOf(destination) === place);

export const isBind = ({ type, options = [] }: Mount): boolean =>
  type === 'bind' || options.includes('bind') || options.includes('rbind');

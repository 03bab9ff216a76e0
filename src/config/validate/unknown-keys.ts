/** Warns of members whose names nobody knows, and guesses what was meant: another spelling, or another place. */
import { joinPointer } from '../../base/json-pointer.js';
import { distance, nearest } from '../../base/nearest.js';
import { quote } from '../../base/quote.js';
import type { Findings } from '../findings.js';
import { type Shape, type ShapeName, shapeOf, type Visited } from '../shapes.js';

/** As many unknown names are told of one file, and what each was meant to be is guessed for some of them: guessing takes time. */
const mostTold = 100;
const mostGuessed = 20;

/** What people write for a member of the objects at a pointer, where an index or the name in a map is *: words for what is right. */
const otherWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': { rootfs: '/root/path', version: '/ociVersion' },
  '/root': { rootfs: '/root/path' },
  '/process': {
    command: '/process/args',
    arguments: '/process/args',
    cmd: '/process/args',
    entrypoint: '/process/args',
    environment: '/process/env',
    workdir: '/process/cwd',
    workingDir: '/process/cwd',
    workingDirectory: '/process/cwd',
    tty: '/process/terminal',
  },
  '/linux/resources/memory': { max: '/linux/resources/memory/limit' },
  '/linux/resources/pids': { max: '/linux/resources/pids/limit' },
};
const mountWords: Readonly<Record<string, string>> = {
  target: 'destination',
  dst: 'destination',
  containerPath: 'destination',
  src: 'source',
  hostPath: 'source',
  fstype: 'type',
};
/** Members of a mount that are words of its options. */
const mountOptionWords: Readonly<Record<string, string>> = {
  readonly: '"ro"',
  readOnly: '"ro"',
  ro: '"ro"',
  rw: '"rw"',
  mode: '"mode=…"',
  size: '"size=…"',
  propagation: '"rprivate", "rslave" or "rshared"',
};

/**
 * Warns of a member with an unknown name, with the name that was probably meant. A name with a dot is taken for an extension, but for
 * one among limits, where it would be a file of a cgroup. `at` is the JSON pointer of the file's value.
 */
export function noteUnknown(object: Visited, name: string, kind: ShapeName, findings: Findings, at: string): void {
  const told = findings.warnings.filter(({ code }) => code === 'unknown-key').length;
  if (told > mostTold) return;
  const holder = at + object.pointer();
  if (name.includes('.') && !inConfig(holder, kind).startsWith('/linux/resources')) return;
  const pointer = joinPointer(holder, name);
  if (told === mostTold) {
    findings.warn(pointer, 'and further names are not known and are left out', { code: 'unknown-key' });
    return;
  }
  const guess = told < mostGuessed ? guessOf(object, holder, name, kind) : { words: knownHere(object.shape) };
  findings.warn(pointer, `is not known and is left out; ${guess.words}`, {
    code: 'unknown-key',
    ...(guess.meant !== undefined && { meant: guess.meant }),
  });
}

/** Members of a file by which it is seen to be of another kind: words for what it must be. */
const otherKinds: Readonly<Partial<Record<ShapeName, Readonly<Record<string, string>>>>> = {
  process: { ociVersion: 'the value of its "process"', process: 'the value of its "process"' },
  resources: { linux: 'the value of its "linux.resources"', resources: 'the value of its "resources"' },
};

interface Guess {
  readonly words: string;
  /** The JSON pointer that was probably meant. */
  readonly meant?: string;
}

function guessOf({ members, shape }: Visited, holder: string, name: string, kind: ShapeName): Guess {
  const part = holder === '' ? otherKinds[kind] : undefined;
  if (part !== undefined && Object.hasOwn(part, name)) return { words: `the file must be ${part[name]}` };
  const isMount = /^\/mounts\/\d+$/.test(holder);
  const words = isMount ? mountWords : otherWords[inConfig(holder, kind)];
  if (isMount && Object.hasOwn(mountOptionWords, name)) {
    return { words: `must be ${mountOptionWords[name]} in options` };
  }
  if (words !== undefined && Object.hasOwn(words, name)) {
    const word = words[name]!;
    const meant = isMount ? joinPointer(holder, word) : ofFile(word, kind);
    if (meant !== undefined) return { words: `must be ${isMount ? quote(word) : `given as ${meant}`}`, meant };
  }
  if (name.includes('.')) {
    const unified = ofFile('/linux/resources/unified', kind) ?? '/unified';
    return { words: `a file of a cgroup belongs in ${unified}`, meant: joinPointer(unified, name) };
  }
  const known = Object.keys(shape.members ?? {});
  const near = nearest(
    name,
    known.filter((one) => !Object.hasOwn(members, one)),
  );
  // Several letters may well make another word: what is known elsewhere by this very name comes first.
  const close = near !== undefined && distance(name, near) === 1;
  const place = isMount || close ? undefined : placeOf(name, holder, kind);
  if (place !== undefined) return { words: `must be given as ${place}`, meant: place };
  if (near !== undefined) return { words: `did you mean ${quote(near)}?`, meant: joinPointer(holder, near) };
  const there = nearest(name, known);
  if (there !== undefined) return { words: `did you mean ${quote(there)}, which is given as well?` };
  const far = isMount ? undefined : nearElsewhere(name, holder, kind);
  if (far !== undefined) return { words: `did you mean ${far}?`, meant: far };
  return { words: knownHere(shape) };
}

/** The names that an object may have, in words. */
function knownHere({ members = {} }: Shape): string {
  const names = Object.keys(members);
  const some = names.slice(0, 12).join(', ');
  return `known here are ${some}${names.length > 12 ? ' and others' : ''}`;
}

/** A pointer into a file of its own as it is in config.json; undefined the other way round for what the file can't have. */
const bases: Readonly<Record<ShapeName, string>> = {
  config: '',
  process: '/process',
  resources: '/linux/resources',
  mounts: '',
  mount: '',
};
const inConfig = (pointer: string, kind: ShapeName): string => bases[kind] + pointer;
function ofFile(pointer: string, kind: ShapeName): string | undefined {
  const base = bases[kind];
  return pointer.startsWith(`${base}/`) ? pointer.slice(base.length) : undefined;
}

/** Where the members with this very name are that aren't within arrays or maps. */
function placesOf(shape: Shape, pointer: string, matches: (name: string) => boolean, found: string[]): string[] {
  for (const [name, inner] of Object.entries(shape.members ?? {})) {
    const at = joinPointer(pointer, name);
    if (matches(name)) found.push(at);
    // Items of arrays have the shape of the array: without a name of their own nothing can be moved there.
    if (!isList(at)) placesOf(inner, at, matches, found);
  }
  return found;
}

const lists =
  /\/(mounts|hooks|rlimits|devices|netDevices|timeOffsets|namespaces|[ug]idMappings|syscalls|rdma|hugepageLimits|priorities|\w+Device|solaris|windows|vm|zos|freebsd)$/;
const isList = (pointer: string): boolean => lists.test(pointer);

const depth = (pointer: string): number => pointer.split('/').length;

/** The one place where a member of this name is known: within the object itself before others, and the outermost one. */
function placeOf(name: string, holder: string, kind: ShapeName): string | undefined {
  return best(
    placesOf(shapeOf(kind), '', (one) => one === name, []),
    holder,
  );
}

/** The one place where a member of a similar name is known. */
function nearElsewhere(name: string, holder: string, kind: ShapeName): string | undefined {
  if (name.length < 5) return undefined;
  const names = new Set<string>();
  placesOf(shapeOf(kind), '', (one) => names.add(one).size < 0, []);
  const near = nearest(name, [...names]);
  return near === undefined ? undefined : placeOf(near, holder, kind);
}

function best(places: readonly string[], holder: string): string | undefined {
  const inside = places.filter((place) => place.startsWith(`${holder}/`));
  const some = inside.length > 0 ? inside : places;
  const least = Math.min(...some.map(depth));
  const outermost = some.filter((place) => depth(place) === least);
  return outermost.length === 1 ? outermost[0] : undefined;
}

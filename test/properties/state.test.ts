/**
 * A state file in any damage: `state` and `list` answer, `delete --force` ends, and nothing is touched that isn't the container's. Beside
 * the damaged container stand another one and a process of the machine, which must outlive it all.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { lives } from '../helpers/lives.js';
import { holds } from '../helpers/property.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('its own state file'));

type Damage = (sound: string, others: string) => Buffer;

/** Places of a document: names and indexes. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

/** A copy with what is at a place changed; without it if `change` returns undefined. */
function changed(text: string, at: number, change: (value: unknown) => unknown): Buffer {
  const document = JSON.parse(text);
  const places = placesOf(document).slice(1);
  const path = places[at % places.length]!;
  let holder = document;
  for (const name of path.slice(0, -1)) holder = holder[name];
  const last = path.at(-1)!;
  const value = change(holder[last]);
  if (value === undefined) {
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
  } else holder[last] = value;
  return Buffer.from(JSON.stringify(document));
}

const described = (name: string, damage: Damage): Damage => Object.assign(damage, { [fc.toStringMethod]: () => name });

/** Bits of a disk that tell another story. */
const flipped = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 8 }).map((changes) =>
  described(`flipped ${JSON.stringify(changes)}`, (sound) => {
    const bytes = Buffer.from(sound);
    for (const [at, bit] of changes) bytes[at % bytes.length]! ^= 1 << bit;
    return bytes;
  }),
);
const cut = fc.nat().map((at) =>
  described(`cut at ${at}`, (sound) => {
    const bytes = Buffer.from(sound);
    return bytes.subarray(0, at % bytes.length);
  }),
);
const zeros = fc.nat().map((at) =>
  described(`zeros from ${at}`, (sound) => {
    const bytes = Buffer.from(sound);
    return bytes.fill(0, at % bytes.length);
  }),
);
const removed = fc.nat().map((at) => described(`removed ${at}`, (sound) => changed(sound, at, () => undefined)));
const values = [null, true, 0, 1, -1, 2 ** 40, 0.5, '', '/', '..', [], {}, ['a'], { a: 'b' }, 'x'.repeat(5000)];
const ofAnotherType = fc
  .tuple(fc.nat(), fc.constantFrom(...values))
  .map(([at, value]) =>
    described(`${at} is ${JSON.stringify(value).slice(0, 40)}`, (sound) => changed(sound, at, () => value)),
  );
const anything = fc
  .oneof(fc.json({ maxDepth: 2 }), fc.string({ unit: 'binary' }))
  .map((text) => described(`all of it ${JSON.stringify(text)}`, () => Buffer.from(text)));
/** What is the other container's: its whole file, and each member of it. */
const others = fc.constant(described("the other container's", (_, other) => Buffer.from(other)));
const membersOfOthers = fc.nat().map((at) =>
  described(`member ${at} of the other container`, (sound, other) => {
    const document = JSON.parse(sound);
    const names = Object.keys(document).filter((name) => name !== 'id');
    const name = names[at % names.length]!;
    document[name] = JSON.parse(other)[name];
    return Buffer.from(JSON.stringify(document));
  }),
);
/** A part of its record of cgroups that is the other's. */
const cgroupsOfOthers = fc.nat().map((at) =>
  described(`cgroup member ${at} of the other container`, (sound, other) => {
    const document = JSON.parse(sound);
    const names = Object.keys(document.cgroup);
    const name = names[at % names.length]!;
    document.cgroup[name] = JSON.parse(other).cgroup[name];
    return Buffer.from(JSON.stringify(document));
  }),
);
const damages = fc.oneof(
  flipped,
  cut,
  zeros,
  removed,
  ofAnotherType,
  anything,
  others,
  membersOfOthers,
  cgroupsOfOthers,
);

/** Another container, a process beside it in a cgroup of nobody's, and a directory with a file. */
function bystanders() {
  const process = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => process.kill('SIGKILL'));
  const { id } = box.started();
  const state = box.state(id);
  const text = readFileSync(join(box.root, id, 'state.json'), 'utf8');
  const directories = Object.values(JSON.parse(text).cgroup.paths as Record<string, string>);
  const files = box.directory('bystander');
  mkdirSync(join(files, 'below'));
  writeFileSync(join(files, 'below', 'file'), 'content');
  return {
    id,
    text,
    /** That all of it is as it was. */
    check: () => {
      ok(lives(process.pid!), 'a process of the machine lives');
      deepStrictEqual(box.state(id), state, 'the other container is as it was');
      ok(lives(state.pid), 'and its process lives');
      strictEqual(readFileSync(join(box.root, id, 'state.json'), 'utf8'), text);
      for (const directory of directories) {
        ok(existsSync(directory), `${directory} is there`);
        ok(readFileSync(join(directory, 'cgroup.procs'), 'utf8').includes(`${state.pid}\n`), `and has its process`);
      }
      deepStrictEqual(readdirSync(files), ['below']);
      strictEqual(readFileSync(join(files, 'below', 'file'), 'utf8'), 'content');
    },
  };
}

/** That a command ended by itself, with a message if it failed. */
function answered(args: string[], statuses: readonly number[]): void {
  const { status, stderr, command } = box.call(args);
  ok(status !== null && statuses.includes(status), `${command}: status ${status}: ${stderr}`);
  ok(status === 0 || stderr.trim() !== '', `${command} failed without a word`);
  ok(!/internal error|TypeError|undefined|\bat \S+:\d+/.test(stderr), `${command}: ${stderr}`);
}

t.test('state, list and ps answer whatever the file holds', { skip }, async (t) => {
  const bystander = bystanders();
  const { id } = box.started();
  const { pid } = box.state(id);
  const file = join(box.root, id, 'state.json');
  const sound = readFileSync(file, 'utf8');
  holds(t, 'damages', 60, damages, (damage) => {
    writeFileSync(file, damage(sound, bystander.text));
    answered(['state', id], [0, 1]);
    answered(['list'], [0, 1]);
    answered(['ps', id], [0, 1]);
    answered(['delete', id], [0, 1]);
    ok(lives(pid) && existsSync(file), 'and nothing is done to the container');
  });
  bystander.check();
  writeFileSync(file, sound);
  t.equal(box.call(['delete', '--force', id]).status, 0);
});

t.test('delete --force ends, and removes nothing of others', { skip }, async (t) => {
  const bystander = bystanders();
  let known = 0;
  let count = 0;
  holds(t, 'damages', 25, damages, (damage) => {
    const { id } = box.started();
    const { pid } = box.state(id);
    const file = join(box.root, id, 'state.json');
    const sound = readFileSync(file, 'utf8');
    const directories = Object.values(JSON.parse(sound).cgroup.paths as Record<string, string>);
    writeFileSync(file, damage(sound, bystander.text));
    const { stderr } = box.call(['delete', '--force', id]);
    answered(['delete', '--force', id], [0, 1]);
    bystander.check();
    // By another pid its init is dead, and those who live on in its cgroup are strangers.
    ok(!existsSync(join(box.root, id)) || /processes are still in it/.test(stderr), `its directory is gone: ${stderr}`);
    count++;
    if (!lives(pid) && directories.every((directory) => !existsSync(directory))) known++;
    writeBack(id, sound);
  });
  t.ok(known >= count * 0.75, `of ${count} containers ${known} were removed whole`);
});

/** Removes what a lost state file has left, with the file as it was. */
function writeBack(id: string, sound: string): void {
  mkdirSync(join(box.root, id), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.root, id, 'state.json'), sound);
  box.remove(id);
}

box.end(t);

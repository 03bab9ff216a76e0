import t from 'tap';
import { checkProgram } from '../../../../src/container/forecast/program.js';
import { O_PATH, S_IFCHR, S_IFREG } from '../../../../src/native/flags.js';
import type { Native } from '../../../../src/native/native.js';

/** A root with one program, which is something else by the time it is opened. */
function native(typeWhenOpened: number): { native: Native; opened: [string, number][] } {
  const opened: [string, number][] = [];
  const elf = new Uint8Array(64);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  elf[18] = 62;
  elf[54] = 56;
  const given: Partial<Native> = {
    stat: () => ({ mode: S_IFREG | 0o755 }) as ReturnType<Native['fstat']>,
    open: (path, flags) => opened.push([path, flags]),
    fstat: () => ({ mode: typeWhenOpened | 0o755 }) as ReturnType<Native['fstat']>,
    readBytes: () => elf,
    close: () => {},
    uname: () => ['Linux', '', '', '', 'x86_64'],
  };
  return { native: given as Native, opened };
}

t.test('a program is opened for reading once it is known to be a regular file', async (t) => {
  const { native: given, opened } = native(S_IFREG);
  t.equal(checkProgram({ native: given, root: '/r', isLater: () => false }, 'program').outcome, 'works');
  t.equal(opened.length, 2);
  t.ok(opened[0]![1] & O_PATH);
  t.match(opened[1]![0], '/proc/self/fd/');
});

t.test('a device that was put in its place is not opened', async (t) => {
  const { native: given, opened } = native(S_IFCHR);
  const { outcome, why } = checkProgram({ native: given, root: '/r', isLater: () => false }, 'program');
  t.equal(outcome, 'unknown');
  t.match(why, /a character device now/);
  t.equal(opened.length, 1);
  t.ok(opened[0]![1] & O_PATH, 'it is referred to, no more');
});

// Builds build/standalone/tsrunc, the static executable: the bundled core as the heap that QuickJS has when it is loaded
// (addon/bindings/snapshot.h), the native half, init and libseccomp in one file. Says why on stderr and exits 1 where it can't be built: everything works on the Node host too.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSource, initImage } from './embed-data.mjs';
import { linkLine, standaloneSources, toolchain } from './standalone-toolchain.mjs';
import { trainHeap } from './train-heap.mjs';

const folder = 'build/standalone';
const compileFlags =
  '-std=c++17 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections';

/** Where the heap of QuickJS lies: far from all else, so that nothing moves when its size changes. */
const snapshotAddress = '0x40000000';

/** The heap's segment in the first link, and in the second. */
const snapshotRoom = dataSource('.snapshot, "aw", %progbits', 4096, 'tsrunc_snapshot', '.skip 32 << 20');
const snapshotImage = dataSource('.snapshot, "aw", %progbits', 4096, 'tsrunc_snapshot', '.incbin "snapshot"');

/** Runs a shell line in the tree, in a folder that holds the sources; throws with its output when it fails. */
function shell(tree, cwd, line) {
  const [command, ...args] = tree
    ? ['chroot', tree, 'sh', '-ec', `cd ${cwd}; ${line}`]
    : ['sh', '-ec', `cd ${cwd}; ${line}`];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}\n${stdout}${stderr}`);
}

/** The linked-in native code as an archive, compiled anew only when its sources change. */
function nativeArchive(tree, inside, scratch) {
  const hash = createHash('sha256').update(tree);
  for (const dir of ['addon/core', 'addon/bindings']) {
    for (const name of readdirSync(dir).sort()) hash.update(name).update(readFileSync(join(dir, name)));
  }
  const kept = join(folder, `native-${hash.digest('hex').slice(0, 16)}.a`);
  if (!existsSync(kept)) {
    for (const name of readdirSync(folder).filter((file) => /^native-.*\.a$/.test(file))) rmSync(join(folder, name));
    cpSync('addon', join(scratch, 'addon'), { recursive: true });
    shell(
      tree,
      inside,
      `mkdir objects; cd objects
      g++ ${compileFlags} -c ../addon/core/*.cc ${standaloneSources.map((name) => `../addon/bindings/${name}`).join(' ')}
      ar rc ../native.a *.o`,
    );
    cpSync(join(scratch, 'native.a'), kept);
  }
  cpSync(kept, join(scratch, 'native.a'));
}

/** The pointers in the heap hold only where both links have everything at the same addresses. */
function checkAddresses(scratch) {
  const symbols = (name) =>
    readFileSync(join(scratch, `${name}.symbols`), 'utf8')
      .split('\n')
      .filter((line) => !line.endsWith(' tsrunc_snapshot_end'))
      .join('\n');
  if (symbols('maker') !== symbols('tsrunc')) throw new Error('the two links differ in their addresses');
}

function build() {
  const tree = toolchain((text) => console.log(text));
  const scratch = mkdtempSync(join(tree || tmpdir(), 'tsrunc-build-'));
  try {
    const inside = scratch.slice(tree.length);
    nativeArchive(tree, inside, scratch);
    cpSync('build/Release/tsrunc-init', join(scratch, 'tsrunc-init'));
    writeFileSync(join(scratch, 'image.S'), initImage('tsrunc-init'));
    writeFileSync(join(scratch, 'room.S'), snapshotRoom);
    writeFileSync(join(scratch, 'snapshot.S'), snapshotImage);
    cpSync(join(folder, 'tsrunc.js'), join(scratch, 'tsrunc.js'));
    const native = '-Wl,--whole-archive native.a -Wl,--no-whole-archive';
    const link = (name, heap) => `gcc -c ${heap}.S
      ${linkLine(name, `-Wl,--section-start=.snapshot=${snapshotAddress} image.o ${heap}.o ${native}`)}
      nm ${name} >${name}.symbols`;
    shell(
      tree,
      inside,
      `gcc -c image.S
      ${link('maker', 'room')}
      ./maker compile tsrunc.js bytecode`,
    );
    const training = join(scratch, 'training');
    mkdirSync(training);
    const profile = trainHeap(training, join(scratch, 'maker'), join(scratch, 'bytecode'), join(scratch, 'profile'));
    if (!profile) console.log('bin/tsrunc is built without knowing what commands use: its heap takes more memory');
    shell(
      tree,
      inside,
      `./maker load bytecode snapshot ${profile ? 'profile' : ''}
      ${link('tsrunc', 'snapshot')}
      strip tsrunc`,
    );
    checkAddresses(scratch);
    cpSync(join(scratch, 'tsrunc'), join(folder, 'tsrunc'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  build();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

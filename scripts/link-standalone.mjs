// Makes the static executable: the bundled core as the heap that QuickJS has when it is loaded (addon/bindings/snapshot.h), the
// native half, init and libseccomp in one file. docs/standalone.md says why it is linked twice.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flags, hardened } from './compiler-flags.mjs';
import { dataSource, initImage } from './embed-data.mjs';
import { encodeProfile, fitProfile, readProfile } from './heap-profile.mjs';
import { linkedQuickjs } from './quickjs.mjs';
import { call, inScratch, shell } from './scratch.mjs';
import { linkLine, standaloneSources } from './standalone-toolchain.mjs';
import { trainHeap } from './train-heap.mjs';

/** What commands use of the heap; `npm run train` renews it. */
const keptProfile = 'scripts/heap-profile.txt';

/** In which order the linker puts functions (train-functions.mjs); `npm run train` renews it. */
export const functionOrder = 'scripts/function-order.ld';

/** Where the heap of QuickJS lies: far from all else, so that nothing moves when its size changes. */
const snapshotAddress = '0x20000000';

/** The heap's segment in the first link, and in the second. */
const snapshotRoom = dataSource('.snapshot, "aw", %progbits', 4096, 'tsrunc_snapshot', '.skip 32 << 20');
const snapshotImage = dataSource('.snapshot, "aw", %progbits', 4096, 'tsrunc_snapshot', '.incbin "snapshot"');

/** Symbols of absolute values, of a file with a line of name and value for each. */
const symbols = (lines) => lines.replaceAll(/^(\S+) (\d+)$/gm, '.global $1\n.hidden $1\n.set $1, $2');

/** From this share of common blocks on, a kept profile is used as it is: then no machine's training is in the executable. */
const current = 0.995;

/** The linked-in native code as an archive, compiled anew only when its sources change, or how they are compiled. */
function nativeArchive(tools, directory, scratch) {
  const compileFlags = [...flags.language, ...flags.warnings, ...flags.core, ...hardened(tools.arch)].join(' ');
  const hash = createHash('sha256').update(`${tools.tree} ${compileFlags}`);
  for (const dir of ['addon/core', 'addon/bindings']) {
    for (const name of readdirSync(dir).sort()) hash.update(name).update(readFileSync(join(dir, name)));
  }
  const kept = join(directory, `native-${hash.digest('hex').slice(0, 16)}.a`);
  if (!existsSync(kept)) {
    for (const name of readdirSync(directory).filter((file) => /^native-.*\.a$/.test(file)))
      rmSync(join(directory, name));
    cpSync('addon', join(scratch, 'addon'), { recursive: true });
    shell(
      tools,
      scratch,
      `mkdir objects; cd objects
      ${tools.prefix}g++ ${compileFlags} -c ../addon/core/*.cc ${standaloneSources.map((name) => `../addon/bindings/${name}`).join(' ')}
      ${tools.prefix}ar rcD ../native.a *.o`,
    );
    cpSync(join(scratch, 'native.a'), kept);
  }
  cpSync(kept, join(scratch, 'native.a'));
}

/** The pointers in the heap hold only where both links have everything at the same addresses. */
function checkAddresses(scratch) {
  const addresses = (name) =>
    readFileSync(join(scratch, `${name}.symbols`), 'utf8')
      .split('\n')
      .filter((line) => !/ tsrunc_(snapshot_end|heap_\w+)$/.test(line))
      .join('\n');
  if (addresses('maker') !== addresses('tsrunc')) throw new Error('the two links differ in their addresses');
}

/** The profile of commands that are run now, as encodeProfile writes it; null where they can't make containers, or failed. */
function trained(scratch, at) {
  if (process.getuid() !== 0) return null;
  const training = join(scratch, 'training');
  mkdirSync(training);
  if (!trainHeap(training, at('maker'), at('bytecode'), at('trained'))) return null;
  return encodeProfile(readProfile(readFileSync(at('trained'), 'utf8')));
}

/**
 * The profile to lay this heap out by.
 * @param blocks of this heap
 * @param file with a profile that was kept
 * @param train finds one out
 * @param force true to do so in any case, or to fail
 */
function chooseProfile(blocks, file, train, force) {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const { alike } = fitProfile(kept, blocks);
  const share = `${(Math.floor(alike * 1000) / 10).toFixed(1)} % of the heap are as in ${file}`;
  if (!force && alike >= current) {
    console.log(share);
    return kept;
  }
  const found = train();
  if (!found && force) throw new Error('training failed: it needs root');
  console.log(found ? `${share}: laid out by training` : `${share}: commands take more memory than they need to`);
  return found ?? kept;
}

/**
 * @param tools what builds it (standalone-toolchain.mjs)
 * @param options directory: where the executable, the linker's map of it and the profile it is laid out by go; init, bundle: what it is made of; profile: a file
 *   of what commands use, instead of the one that is kept; trains: true to renew that one; quickjs: what of it is linked, instead of what
 *   linkedQuickjs says
 * @throws Error with what a compiler said
 */
export function linkStandalone(tools, { directory, init, bundle, profile = keptProfile, trains = false, quickjs }) {
  inScratch(tools, (scratch) => {
    const at = (name) => join(scratch, name);
    const make = (task, ...files) => {
      const [command, ...args] = [...tools.run, at('maker'), task, ...files.map(at)];
      call(`maker ${task}`, command, args);
    };
    nativeArchive(tools, directory, scratch);
    cpSync(init, at('tsrunc-init'));
    cpSync(bundle, at('tsrunc.js'));
    writeFileSync(at('image.S'), initImage('tsrunc-init'));
    writeFileSync(at('room.S'), snapshotRoom);
    cpSync(functionOrder, at('order.ld'));
    const native = '-Wl,--whole-archive native.a -Wl,--no-whole-archive';
    const interpreter = quickjs ?? linkedQuickjs(tools);
    const link = (name, heap) => `${tools.prefix}gcc -c image.S ${heap}.S
      ${linkLine(tools, name, `-Wl,-e,tsrunc_start -Wl,-T,order.ld -Wl,-Map,${name}.map -Wl,--section-start=.snapshot=${snapshotAddress} image.o ${heap}.o ${native} ${interpreter}`)}
      ${tools.prefix}nm ${name} >${name}.symbols`;
    shell(tools, scratch, link('maker', 'room'));
    make('compile', 'tsrunc.js', 'bytecode');
    writeFileSync(at('none'), '');
    make('train', 'bytecode', 'none', 'blocks');
    const blocks = readProfile(readFileSync(at('blocks'), 'utf8'));
    // Not by an executable that counts: it writes down what it does.
    const train = () => (tools.run.length > 0 || quickjs ? null : trained(scratch, at));
    const chosen = chooseProfile(blocks, profile, train, trains);
    writeFileSync(at('profile'), fitProfile(chosen, blocks).profile);
    make('load', 'bytecode', 'snapshot', 'offsets', 'profile');
    writeFileSync(at('snapshot.S'), `${snapshotImage}${symbols(readFileSync(at('offsets'), 'utf8'))}`);
    shell(tools, scratch, `${link('tsrunc', 'snapshot')}\n${tools.prefix}strip tsrunc`);
    checkAddresses(scratch);
    for (const name of ['tsrunc', 'tsrunc.map']) cpSync(at(name), join(directory, name));
    writeFileSync(join(directory, 'heap-profile.txt'), chosen);
    if (trains) writeFileSync(keptProfile, chosen);
  });
}

// Builds build/standalone/tsrunc, the static executable: the bundled core as QuickJS bytecode, the native half, init and
// libseccomp in one file. Says why on stderr and exits 1 where it can't be built: everything works on the Node host too.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraries, toolchain } from './standalone-toolchain.mjs';

const folder = 'build/standalone';
const compileFlags =
  '-std=c++17 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections';

/** Init's executable as data between two symbols, as scripts/embed-init.mjs has it for the addon. */
const initImage = `.section .rodata
.balign 16
.global tsrunc_init_image
tsrunc_init_image:
.incbin "tsrunc-init"
.global tsrunc_init_image_end
tsrunc_init_image_end:
.section .note.GNU-stack,"",%progbits
`;

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
      g++ ${compileFlags} -c ../addon/core/*.cc ../addon/bindings/quickjs.cc
      ar rc ../native.a *.o`,
    );
    cpSync(join(scratch, 'native.a'), kept);
  }
  cpSync(kept, join(scratch, 'native.a'));
}

function build() {
  const tree = toolchain((text) => console.log(text));
  const scratch = mkdtempSync(join(tree || tmpdir(), 'tsrunc-build-'));
  try {
    const inside = scratch.slice(tree.length);
    nativeArchive(tree, inside, scratch);
    cpSync('build/Release/tsrunc-init', join(scratch, 'tsrunc-init'));
    writeFileSync(join(scratch, 'image.S'), initImage);
    const sources = readdirSync(folder).filter((file) => /\.(js|cc)$/.test(file));
    for (const name of sources) cpSync(join(folder, name), join(scratch, name));
    const chunks = sources.filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -3));
    const bytecode = (chunk) =>
      `qjsc -c -s -N tsrunc_chunk_${chunk} -o ${chunk}.c ${chunk}.js && gcc -O0 -c ${chunk}.c`;
    shell(tree, inside, chunks.map(bytecode).join(' && '));
    shell(
      tree,
      inside,
      `gcc -c image.S
      g++ ${compileFlags} -static -Wl,--gc-sections -s -o tsrunc chunks.cc ${chunks.map((chunk) => `${chunk}.o`).join(' ')} \
        image.o -Wl,--whole-archive native.a -Wl,--no-whole-archive ${libraries} -lseccomp -lm`,
    );
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

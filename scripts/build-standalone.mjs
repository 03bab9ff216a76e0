// Builds build/standalone/tsrunc, the static executable: the bundled core as QuickJS bytecode, the native half, init and
// libseccomp in one file. Says why on stderr and exits 1 where it can't be built: everything works on the Node host too.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraries, toolchain } from './standalone-toolchain.mjs';

const folder = 'build/standalone';

/** Runs a shell line in the tree, in a folder that holds the sources; throws with its output when it fails. */
function shell(tree, cwd, line) {
  const [command, ...args] = tree
    ? ['chroot', tree, 'sh', '-ec', `cd ${cwd}; ${line}`]
    : ['sh', '-ec', `cd ${cwd}; ${line}`];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}\n${stdout}${stderr}`);
}

function build() {
  const tree = toolchain((text) => console.error(text));
  const scratch = mkdtempSync(join(tree || tmpdir(), 'tsrunc-build-'));
  try {
    const inside = scratch.slice(tree.length);
    cpSync('addon', join(scratch, 'addon'), { recursive: true });
    cpSync('build/Release/tsrunc-init', join(scratch, 'tsrunc-init'));
    for (const name of readdirSync(folder).filter((file) => /\.(js|cc)$/.test(file)))
      cpSync(join(folder, name), join(scratch, name));
    const chunks = readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => name.slice(0, -3));
    shell(
      tree,
      inside,
      chunks
        .map((chunk) => `qjsc -c -s -N tsrunc_chunk_${chunk} -o ${chunk}.c ${chunk}.js && gcc -O1 -c ${chunk}.c`)
        .join(' && '),
    );
    shell(
      tree,
      inside,
      `printf '.section .rodata\\n.balign 16\\n.global tsrunc_init_image\\ntsrunc_init_image:\\n.incbin "tsrunc-init"\\n.global tsrunc_init_image_end\\ntsrunc_init_image_end:\\n.section .note.GNU-stack,"",%%progbits\\n' > image.S
      gcc -c image.S
      g++ -std=c++17 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections -static \\
        -Wl,--gc-sections -s -o tsrunc addon/core/*.cc addon/bindings/quickjs.cc chunks.cc ${chunks.map((chunk) => `${chunk}.o`).join(' ')} image.o \\
        ${libraries} -lseccomp -lm`,
    );
    mkdirSync(folder, { recursive: true });
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

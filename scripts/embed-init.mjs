// Writes the assembler source that makes a file (argv[2]) a read-only block of data between two symbols.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [file, out] = process.argv.slice(2);
writeFileSync(
  out,
  `.section .rodata
.balign 16
.global tsrunc_init_image
.hidden tsrunc_init_image
tsrunc_init_image:
.incbin "${resolve(file)}"
.global tsrunc_init_image_end
.hidden tsrunc_init_image_end
tsrunc_init_image_end:
.section .note.GNU-stack,"",%progbits
`,
);

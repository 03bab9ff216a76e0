/** Assembler source of a block of data between the symbols `name` and `name_end`, which only the linked file itself sees. */
export function dataSource(section, alignment, name, content) {
  return `.section ${section}
.balign ${alignment}
.global ${name}
.hidden ${name}
${name}:
${content}
.global ${name}_end
.hidden ${name}_end
${name}_end:
.section .note.GNU-stack,"",%progbits
`;
}

/** Init's executable, a file that the assembler finds, as the native half wants it. */
export function initImage(file) {
  return dataSource('.rodata.init_image, "a", %progbits', 16, 'tsrunc_init_image', `.incbin "${file}"`);
}

#include "read-only.h"

#include <cstdint>
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>

namespace tsrunc {

void protect_tables() {
  const uint64_t page = getauxval(AT_PAGESZ);
  const auto *headers = reinterpret_cast<const Elf64_Phdr *>(getauxval(AT_PHDR));
  const uint64_t count = getauxval(AT_PHNUM);
  for (uint64_t i = 0; i < count; i++) {
    const Elf64_Phdr &header = headers[i];
    if (header.p_type != PT_GNU_RELRO) continue;
    // What lies before it on its first page is read-only data; its end the linker has put on the end of a page. The addresses are
    // those of the file: the program isn't position-independent.
    const uint64_t start = header.p_vaddr & ~(page - 1);
    const uint64_t end = (header.p_vaddr + header.p_memsz) & ~(page - 1);
    // Where a filter forbids it, commands work as they would without it.
    if (end > start) mprotect(reinterpret_cast<void *>(start), end - start, PROT_READ);
  }
}

} // namespace tsrunc

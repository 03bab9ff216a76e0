#include "first-pages.h"

#include "../core/raw.h"

#include <cstdint>
#include <sys/mman.h>

// From the linker's script (scripts/function-order.ld): functions and constants that commands use, those that most use before the others.
extern "C" const char tsrunc_called[], tsrunc_called_often[], tsrunc_called_end[];
extern "C" const char tsrunc_constants[], tsrunc_constants_often[], tsrunc_constants_end[];
extern "C" const char tsrunc_variables[];

// From the link (scripts/link-standalone.mjs), each the value that its address is: how far the parts of the heap go that nearly all commands
// write to and that many do which make a process; where what is only read begins, and how far that goes which many of those read. All are
// zero while the heap is made.
#define HEAP_OFFSET(name) extern "C" const char name[] __attribute__((weak))
HEAP_OFFSET(tsrunc_heap_written);
HEAP_OFFSET(tsrunc_heap_written_often);
HEAP_OFFSET(tsrunc_heap_read);
HEAP_OFFSET(tsrunc_heap_read_often);
extern "C" char tsrunc_snapshot[];

namespace {

constexpr size_t page = 4096;

// Pages that a command writes to at least: counted in `state` and `create` of the configuration of runc spec.
struct Pages {
  size_t tail, library, stack;
};
constexpr Pages of_short_command = {7, 3, 6};
constexpr Pages of_making_process = {31, 11, 15};

size_t tail_made = 0;

// Since Linux 5.14; without it each page comes when it is used, as always.
enum Advice { populate_read = 22, populate_write = 23 };

// The C library isn't there yet: neither its errno nor its canary.
[[gnu::no_stack_protector]] void make(const char *from, const char *to, Advice advice) {
  const long start = raw::pointer(from) & ~static_cast<long>(page - 1);
  raw::call(SYS_madvise, start, raw::pointer(to) - start, advice);
}

[[gnu::no_stack_protector]] bool equal(const char *one, const char *other) {
  for (; *one == *other; one++, other++)
    if (!*one) return true;
  return false;
}

// Whether a command makes a process, as far as its words tell: a guess, of which nothing but speed depends.
[[gnu::no_stack_protector]] bool makes_process(long count, const char *const *words) {
  for (long i = 1; i < count; i++)
    if (equal(words[i], "create") || equal(words[i], "run") || equal(words[i], "exec") || equal(words[i], "restore"))
      return true;
  return false;
}

size_t offset(const char *symbol) { return reinterpret_cast<uintptr_t>(symbol); }

} // namespace

// Where the process begins, with the stack that the kernel made: the number of words, then where each is.
extern "C" [[gnu::no_stack_protector, gnu::used]] void tsrunc_make_first_pages(const long *stack) {
  if (!offset(tsrunc_heap_written)) return;
  // By commands of either kind; what is only read comes after what is written, since the kernel maps pages around it as they are in the file,
  // and would exchange each for its copy afterwards.
  make(tsrunc_called, tsrunc_called_often, populate_read);
  make(tsrunc_constants, tsrunc_constants_often, populate_read);
  const bool more = makes_process(stack[0], reinterpret_cast<const char *const *>(stack + 1));
  const Pages &pages = more ? of_making_process : of_short_command;
  make(tsrunc_variables, tsrunc_first_chunk + pages.library * page, populate_write);
  tail_made = pages.tail * page;
  make(tsrunc_tail, tsrunc_tail + tail_made, populate_write);
  make(tsrunc_snapshot, tsrunc_snapshot + offset(more ? tsrunc_heap_written_often : tsrunc_heap_written), populate_write);
  const char *here = reinterpret_cast<const char *>(stack);
  make(here - pages.stack * page, here, populate_write);
  // The other commands use little more.
  if (!more) return;
  make(tsrunc_snapshot + offset(tsrunc_heap_read), tsrunc_snapshot + offset(tsrunc_heap_read_often), populate_read);
  make(tsrunc_called_often, tsrunc_called_end, populate_read);
  make(tsrunc_constants_often, tsrunc_constants_end, populate_read);
}

size_t tsrunc::quickjs::tail_made_first() { return tail_made; }

// The executable begins here, and goes on where it would have begun.
#if defined(__x86_64__)
asm(".pushsection .text.tsrunc_start, \"ax\", @progbits\n"
    ".global tsrunc_start\n"
    "tsrunc_start:\n"
    "xor %ebp, %ebp\n"
    "mov %rsp, %rdi\n"
    "call tsrunc_make_first_pages\n"
    "jmp _start\n"
    ".popsection");
#elif defined(__aarch64__)
asm(".pushsection .text.tsrunc_start, \"ax\", @progbits\n"
    ".global tsrunc_start\n"
    "tsrunc_start:\n"
    "mov x29, xzr\n"
    "mov x0, sp\n"
    "bl tsrunc_make_first_pages\n"
    "b _start\n"
    ".popsection");
#endif

// System calls without the C library: for children that share our memory (the library's errno, locks and cached ids are
// not theirs), and for init and the launcher, which have no library. A result is the kernel's: negative errno for a failure.
#pragma once

#include <stddef.h>
#include <sys/syscall.h>

namespace raw {

#if defined(__x86_64__)

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

// clone3 whose child runs function(argument) on the stack named in `arguments` and exits with what it returns.
inline long clone(const void *arguments, size_t size, int (*function)(void *), void *argument) {
  long result;
  register int (*r8)(void *) asm("r8") = function;
  register void *r9 asm("r9") = argument;
  asm volatile("syscall\n\t"
               "test %%rax, %%rax\n\t"
               "jnz 1f\n\t"
               "xor %%ebp, %%ebp\n\t"
               "mov %%r9, %%rdi\n\t"
               "call *%%r8\n\t"
               "mov %%eax, %%edi\n\t"
               "mov %[exit], %%eax\n\t"
               "syscall\n\t"
               "hlt\n"
               "1:"
               : "=a"(result)
               : "a"(static_cast<long>(SYS_clone3)), "D"(arguments), "S"(size), "r"(r8), "r"(r9), [exit] "i"(SYS_exit)
               : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

inline long clone(const void *arguments, size_t size, int (*function)(void *), void *argument) {
  register long x8 asm("x8") = SYS_clone3;
  register long x0 asm("x0") = reinterpret_cast<long>(arguments);
  register long x1 asm("x1") = static_cast<long>(size);
  register int (*x9)(void *) asm("x9") = function;
  register void *x10 asm("x10") = argument;
  asm volatile("svc #0\n\t"
               "cbnz x0, 1f\n\t"
               "mov x29, xzr\n\t"
               "mov x0, x10\n\t"
               "blr x9\n\t"
               "mov x8, %[exit]\n\t"
               "svc #0\n\t"
               "brk #1000\n"
               "1:"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x9), "r"(x10), [exit] "i"(SYS_exit)
               : "memory");
  return x0;
}

#else
#error "raw.h knows x86-64 and arm64"
#endif

inline long pointer(const void *value) { return reinterpret_cast<long>(value); }

} // namespace raw

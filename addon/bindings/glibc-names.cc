// What bin/tsrunc calls that only glibc has. Its C library is musl: glibc's start asks the processor for every detail of its
// caches and instructions, which takes 0.5 ms in a virtual machine (each question ends in the hypervisor), as long as
// whole commands run. Debian's libquickjs, libseccomp and libstdc++ are compiled against glibc's headers. What they and we
// use of the C library has the same binary interface in both but for these names.

// These are what checked calls end in.
#undef _FORTIFY_SOURCE

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {

// libstdc++ may leave out atomic counting: our threads use none of its objects.
char __libc_single_threaded = 1;

// Nor need it keep 73 KB for exceptions that are thrown when no memory is left: nothing here catches one. It asks by this function, and
// nobody else does.
char *secure_getenv(const char *) {
  static char tunables[] = "glibcxx.eh_pool.obj_count=0";
  return tunables;
}

// What _FORTIFY_SOURCE makes of calls: `room` is the size of what is written to, as far as the compiler knows it. The flag of printf refuses
// %n in writable formats, which musl doesn't know; ours are all constant.
int __vfprintf_chk(FILE *file, int, const char *format, va_list arguments) { return vfprintf(file, format, arguments); }

int __fprintf_chk(FILE *file, int, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = vfprintf(file, format, arguments);
  va_end(arguments);
  return result;
}

int __dprintf_chk(int descriptor, int, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = vdprintf(descriptor, format, arguments);
  va_end(arguments);
  return result;
}

int __vsnprintf_chk(char *text, size_t size, int, size_t room, const char *format, va_list arguments) {
  if (size > room) abort();
  return vsnprintf(text, size, format, arguments);
}

int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = __vsnprintf_chk(text, size, flag, room, format, arguments);
  va_end(arguments);
  return result;
}

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room) {
  if (size > room) abort();
  return memcpy(to, from, size);
}

void *__memset_chk(void *to, int value, size_t size, size_t room) {
  if (size > room) abort();
  return memset(to, value, size);
}

// C23's, which also take 0b101.
long musl_strtol(const char *text, char **end, int base) __asm__("strtol");
long long musl_strtoll(const char *text, char **end, int base) __asm__("strtoll");
unsigned long musl_strtoul(const char *text, char **end, int base) __asm__("strtoul");
unsigned long long musl_strtoull(const char *text, char **end, int base) __asm__("strtoull");

long __isoc23_strtol(const char *text, char **end, int base) { return musl_strtol(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return musl_strtoll(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return musl_strtoul(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return musl_strtoull(text, end, base); }

// A shortcut of the unwinder, which looks for itself where there is none.
int _dl_find_object(void *, void *) { return -1; }

} // extern "C"

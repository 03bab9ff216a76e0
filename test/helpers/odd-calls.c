/* Makes system calls that belong to another ABI, or to none, each in a child of its own, and prints a line for each:
 * its name and the errno, `fine`, or the signal that ended the child. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32_BIT 0x40000000L

static long raw(long number) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(0), "S"(0), "d"(0) : "rcx", "r11", "memory");
  return result;
}

static long by_interrupt(long number) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0), "c"(0), "d"(0) : "r8", "r9", "r10", "r11", "memory");
  return result;
}

static const struct {
  const char *name;
  long (*make)(long);
  long number;
} calls[] = {
    {"getpid", raw, SYS_getpid},
    {"getppid", raw, SYS_getppid},
    {"x32 getpid", raw, X32_BIT | SYS_getpid},
    {"x32 getppid", raw, X32_BIT | SYS_getppid},
    {"x32 547", raw, X32_BIT | 547},
    {"x32 2000", raw, X32_BIT | 2000},
    {"i386 getpid", by_interrupt, 20},
    {"i386 getppid", by_interrupt, 64},
    {"i386 2000", by_interrupt, 2000},
    {"i386 -1", by_interrupt, -1},
    {"-1", raw, -1},
    {"-2", raw, -2},
    {"2000", raw, 2000},
    {"0x3fffffff", raw, 0x3fffffff},
    {"0x7fffffff", raw, 0x7fffffff},
    {"0x80000000", raw, 0x80000000},
};

int main(void) {
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    const pid_t child = fork();
    if (child < 0) return 2;
    if (child == 0) {
      const long result = calls[i].make(calls[i].number);
      _exit(result < 0 ? (int)-result : 0);
    }
    int status;
    if (waitpid(child, &status, 0) != child) return 3;
    printf("%s: ", calls[i].name);
    if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 0) printf("fine\n");
    else printf("errno %d\n", WEXITSTATUS(status));
    fflush(stdout);
  }
  return 0;
}

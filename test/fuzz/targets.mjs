/**
 * What is fuzzed: each target is NAME.cc here, with the sources that it tries. What it reads is said there.
 *   sources    besides it
 *   share      of the time, beside the others; 1 where it isn't said
 *   libraries  what it is linked with
 *   longest    the longest input, in bytes
 *   leaks      why memory that nobody has any more isn't looked for
 *   words      what inputs are made of besides: a dictionary for libFuzzer
 */
const initContext = ['test/fuzz/init-context.cc'];

export const targets = {
  plan: { sources: [], share: 5, longest: 8192 },
  encode: { sources: ['addon/core/encode-plan.cc'], longest: 2048 },
  message: { sources: ['addon/core/receive.cc', 'addon/core/sockets.cc'], longest: 2048 },
  seccomp: {
    sources: ['addon/core/seccomp.cc'],
    share: 2,
    libraries: ['-l:libseccomp.a'],
    leaks: 'libseccomp forgets a part of a rule that it refuses',
    longest: 512,
  },
  'filter-cache': {
    sources: ['addon/core/filter-cache.cc', 'addon/core/sha256.cc', 'addon/core/tree.cc'],
    longest: 1024,
  },
  mountinfo: {
    sources: ['addon/init/mountinfo.cc', 'addon/init/procfs.cc', ...initContext],
    longest: 2048,
    words: [' - ', '\\040', '\\134', 'shared:1', 'rw,relatime', '\n', 'tmpfs'],
  },
  passwd: {
    sources: ['addon/init/passwd.cc', 'addon/core/process-text.cc'],
    longest: 2048,
    words: ['root:x:0:0:root:/root:/bin/sh\n', ':1000:', ':4294967295:', '4294967296'],
  },
  'process-stat': {
    sources: ['addon/core/process-text.cc'],
    longest: 256,
    words: [') ', ') R 1 ', '9223372036854775808'],
  },
  regex: {
    sources: ['addon/core/regex.cc'],
    longest: 300,
    words: [
      '[[:alpha:]]',
      '[^a]',
      '{1,9}',
      '(a|b)',
      '.*',
      '\\1',
      '[a-z]',
      '^',
      '$',
      '+',
      '[[.a.]]',
      '[[=a=]]',
      '{255}',
    ],
  },
  interpreter: {
    sources: ['addon/init/executable.cc', 'addon/init/statx.cc', ...initContext],
    longest: 1024,
    words: ['#! /bin/sh -e\n', '\x7fELF\x02\x01\x01'],
  },
};

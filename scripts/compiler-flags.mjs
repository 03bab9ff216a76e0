// What the native half is compiled and linked with, whoever does it: node-gyp (binding.gyp), the static executable, the build with
// sanitizers, the compiler for the other architecture. Run with names of lists: prints their flags, for binding.gyp and tests.
import { fileURLToPath } from 'node:url';

/** So that the linker can leave out what nobody calls. */
const sections = ['-ffunction-sections', '-fdata-sections'];

export const flags = {
  // -Wunused-parameter is one of -Wextra, but node-gyp takes it away.
  warnings: ['-Wall', '-Wextra', '-Wunused-parameter', '-Werror'],
  language: ['-std=c++17', '-fno-exceptions', '-fno-rtti'],
  /** addon/core and addon/bindings. */
  core: ['-O2', '-D_GNU_SOURCE', ...sections],
  /** The addon for Node.js besides. */
  addon: [
    ...['-fPIC', '-fvisibility=hidden'],
    ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', '-DNAPI_DISABLE_CPP_EXCEPTIONS'],
  ],
  addonLink: ['-Wl,--gc-sections', '-Wl,-z,relro,-z,now,-z,noexecstack', '-s'],
  /** Init and the launcher, which have no C library. */
  freestanding: [
    ...['-Os', '-ffreestanding', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
    ...['-fno-threadsafe-statics', '-fno-pic', '-fno-pie', ...sections],
  ],
  freestandingLink: ['-nostdlib', '-static', '-no-pie', '-Wl,--gc-sections', '-Wl,--build-id=none', '-s'],
  sanitized: ['-g', '-O1', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
};

const stack = ['-fstack-protector-strong', '-fstack-clash-protection'];
// Whatever the compiler itself has set.
const checkedCalls = ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=3'];
const branches = { x64: ['-fcf-protection=full'], arm64: ['-mbranch-protection=standard'] };

/**
 * What makes a mistake in addon/core and addon/bindings harder to use (docs/standalone.md).
 * @param arch as Node.js calls it
 */
export const hardened = (arch) => [...stack, ...checkedCalls, ...(branches[arch] ?? [])];

/** The same of init, which has no C library that could check calls, nor a thread's memory to keep the canary in. */
export const hardenedInit = (arch) => [...stack, '-mstack-protector-guard=global', ...(branches[arch] ?? [])];

const lists = { ...flags, hardened: hardened(process.arch), hardenedInit: hardenedInit(process.arch) };

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(
    process.argv
      .slice(2)
      .flatMap((name) => lists[name])
      .join(' '),
  );

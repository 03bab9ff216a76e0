/** Compiles the seccomp filters of plans, and caches them on disk. */
import { TsruncError, type Warn } from '../../base/error.js';
import { commit, version } from '../../base/generated/build-info.js';
import { quote } from '../../base/quote.js';
import { crunPointer } from '../../config/crun-annotations.js';
import type { Seccomp } from '../../config/spec.js';
import type { PlannedFilter, ProcessPlan } from '../../plan/plan.js';
import { type CompiledSeccomp, compileSeccomp } from '../../plan/seccomp/seccomp.js';
import { type LostCall, lostCalls, restricts } from '../../plan/seccomp/seccomp-lost.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { packFilter, unpackFilter } from './cached-filter.js';

/** Directory below the root for compiled filters. Its name can't be a container's, whose id has no @. */
const CACHE = '@seccomp';
/** To be raised when the same profile is compiled to another filter, or the form in the cache changes. */
const FORMAT = 3;

/**
 * Puts the filter for the plan's seccomp profile into the step that loads it. It comes from the cache or is compiled,
 * which takes some 20 ms for the default profile of an engine.
 * @param warn is told of calls that the profile restricts and libseccomp doesn't know
 * @throws TsruncError with the pointer of the part of the profile that can't be compiled; 'config' if a restricted
 * call is misspelt
 */
export function compileFilter(rt: Runtime, plan: ProcessPlan, warn?: Warn): void {
  const { seccomp } = plan;
  if (seccomp === undefined) return;
  const step = plan.steps[seccomp.step];
  if (step?.step !== 'seccomp') throw new TsruncError('internal', 'the plan has its seccomp step elsewhere');
  const { profile, pointer, failUnknown } = seccomp;
  const { program, unknown } = filterOf(rt, profile, pointer, failUnknown);
  if (failUnknown) refuseUnknown(rt, profile, unknown, pointer);
  step.filter = program;
  const lost = lostCalls(profile, unknown, pointer);
  refuseMisspelt(lost);
  if (warn === undefined || lost.length === 0) return;
  const names = lost.map(({ name }) => quote(name)).join(', ');
  const version = rt.native.seccompVersion().join('.');
  const text = `libseccomp ${version} doesn't know ${names}: left out of the filter, ${profile.defaultAction} holds instead`;
  warn(new TsruncError('unsupported', text, { pointer: lost[0]!.pointer }));
}

/**
 * Compiles the filter of a profile as compileFilter does, but neither takes it from the cache nor puts it there.
 * @returns the number of its instructions
 * @throws TsruncError as compileFilter
 */
export function tryFilter(rt: Runtime, { profile, pointer, failUnknown }: PlannedFilter): number {
  const { program, unknown } = atField(pointer, () => compileSeccomp(rt.native, profile));
  if (failUnknown) refuseUnknown(rt, profile, unknown, pointer);
  refuseMisspelt(lostCalls(profile, unknown, pointer));
  return program.length / 8;
}

/** A name that no system call can have must be a misspelt one: its restriction would be lost. */
function refuseMisspelt(lost: readonly LostCall[]): void {
  const call = lost.find(({ name }) => !/^[a-z][a-z0-9_]*$/.test(name) || name.startsWith('sys_'));
  if (call === undefined) return;
  const meant = call.name
    .trim()
    .toLowerCase()
    .replace(/^(__nr_|sys_)/, '');
  const right = /^[a-z][a-z0-9_]*$/.test(meant) ? quote(meant) : 'the name of a system call';
  const text = `is ${quote(call.name)}, no system call; must be ${right}`;
  throw new TsruncError('config', text, { pointer: call.pointer });
}

/**
 * For the annotation run.oci.seccomp_fail_unknown_syscall: refuses unknown calls, whatever the action of their rule.
 */
function refuseUnknown(rt: Runtime, { syscalls }: Seccomp, unknown: readonly string[], pointer: string): void {
  const [name] = unknown;
  if (name === undefined) return;
  const i = syscalls?.findIndex(({ names }) => names.includes(name)) ?? -1;
  const j = syscalls?.[i]?.names.indexOf(name) ?? 0;
  const version = rt.native.seccompVersion().join('.');
  throw new TsruncError('unsupported', `libseccomp ${version} doesn't know the system call ${quote(name)}`, {
    pointer: i < 0 ? pointer : `${pointer}/syscalls/${i}/names/${j}`,
    hint: `${crunPointer('seccomp_fail_unknown_syscall')} asks for a failure then`,
  });
}

/**
 * Takes the filter from the cache, or compiles and caches it.
 * @param whole the caller needs the unknown names of a profile that restricts nothing, too, which aren't in the cache
 * @returns `unknown` is empty for such a profile if the filter came from the cache
 */
function filterOf(rt: Runtime, profile: Seccomp, pointer: string, whole: boolean): CompiledSeccomp {
  const directory = `${rt.root}/${CACHE}`;
  const key = filterKey(rt, profile);
  const restricting = restricts(profile);
  const cached = whole && !restricting ? new Uint8Array() : rt.native.cachedFilter(directory, key);
  if (cached.length > 0) return restricting ? unpackFilter(cached) : { program: cached, unknown: [] };
  const compiled = atField(pointer, () => compileSeccomp(rt.native, profile));
  const { program, unknown } = compiled;
  if (unknown.length > 0) rt.debug(`seccomp: libseccomp doesn't know ${unknown.join(', ')}; left out`);
  rt.native.cacheFilter(directory, key, restricting ? packFilter(program, unknown) : program);
  return compiled;
}

/** The key in the cache: everything that the compiled filter depends on. */
function filterKey({ native }: Runtime, { defaultAction, defaultErrnoRet, architectures, syscalls }: Seccomp): string {
  const made = [FORMAT, version, commit, native.seccompVersion(), native.uname()[4]];
  // Values of arguments may be bigints, which JSON.stringify refuses.
  return JSON.stringify([...made, defaultAction, defaultErrnoRet, architectures, syscalls], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

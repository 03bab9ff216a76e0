import { TsruncError, type Warn } from '../../base/error.js';
import { commit, version } from '../../base/generated/build-info.js';
import { quote } from '../../base/quote.js';
import { crunPointer } from '../../config/crun-annotations.js';
import type { Seccomp } from '../../config/spec.js';
import type { Plan } from '../../plan/plan.js';
import { type CompiledSeccomp, compileSeccomp } from '../../plan/seccomp/seccomp.js';
import { type LostCall, lostCalls, restricts } from '../../plan/seccomp/seccomp-lost.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { packFilter, unpackFilter } from './cached-filter.js';

/** Folder below the root for compiled filters: no container has an id with @. */
const CACHE = '@seccomp';
/** To be raised when another filter is made of the same profile, or is kept in another form. */
const FORMAT = 3;

/**
 * Puts the filter of the plan's seccomp profile into the step that loads it: the one that was compiled before for the same
 * profile, or compiled now, which takes some 20 ms for the profile of an engine.
 * @param warn is told of calls that the profile restricts and libseccomp doesn't know
 */
export function compileFilter(rt: Runtime, plan: Plan, warn?: Warn): void {
  const { seccomp } = plan;
  if (seccomp === undefined) return;
  const step = plan.steps[seccomp.step];
  if (step?.step !== 'seccomp') throw new TsruncError('internal', 'the plan has its seccomp step elsewhere');
  const { profile, from, failUnknown } = seccomp;
  const { program, unknown } = filterOf(rt, profile, from, failUnknown);
  if (failUnknown) refuseUnknown(rt, profile, unknown, from);
  step.filter = program;
  const lost = lostCalls(profile, unknown, from);
  refuseMisspelt(lost);
  if (warn === undefined || lost.length === 0) return;
  const names = lost.map(({ name }) => quote(name)).join(', ');
  const version = rt.native.seccompVersion().join('.');
  const text = `libseccomp ${version} doesn't know ${names}: left out of the filter, ${profile.defaultAction} holds instead`;
  warn(new TsruncError('unsupported', text, { pointer: lost[0]!.from }));
}

/** What no system call can be named, and was to be restricted, is another one misspelt. */
function refuseMisspelt(lost: readonly LostCall[]): void {
  const call = lost.find(({ name }) => !/^[a-z][a-z0-9_]*$/.test(name) || name.startsWith('sys_'));
  if (call === undefined) return;
  const meant = call.name
    .trim()
    .toLowerCase()
    .replace(/^(__nr_|sys_)/, '');
  const right = /^[a-z][a-z0-9_]*$/.test(meant) ? quote(meant) : 'the name of a system call';
  const text = `is ${quote(call.name)}, no system call; must be ${right}`;
  throw new TsruncError('config', text, { pointer: call.from });
}

/** The annotation run.oci.seccomp_fail_unknown_syscall: whatever the rule does with the call. */
function refuseUnknown(rt: Runtime, { syscalls }: Seccomp, unknown: readonly string[], from: string): void {
  const [name] = unknown;
  if (name === undefined) return;
  const i = syscalls?.findIndex(({ names }) => names.includes(name)) ?? -1;
  const j = syscalls?.[i]?.names.indexOf(name) ?? 0;
  const version = rt.native.seccompVersion().join('.');
  throw new TsruncError('unsupported', `libseccomp ${version} doesn't know the system call ${quote(name)}`, {
    pointer: i < 0 ? from : `${from}/syscalls/${i}/names/${j}`,
    hint: `${crunPointer('seccomp_fail_unknown_syscall')} asks for a failure then`,
  });
}

/**
 * @param whole all unknown calls are wanted, not those alone that a profile restricts
 * @returns unknown: of a profile that only allows nothing once the filter was cached, unless `whole`
 */
function filterOf(rt: Runtime, profile: Seccomp, from: string, whole: boolean): CompiledSeccomp {
  const folder = `${rt.root}/${CACHE}`;
  const key = filterKey(rt, profile);
  const restricting = restricts(profile);
  const cached = whole && !restricting ? new Uint8Array() : rt.native.cachedFilter(folder, key);
  if (cached.length > 0) return restricting ? unpackFilter(cached) : { program: cached, unknown: [] };
  const compiled = atField(from, () => compileSeccomp(rt.native, profile));
  const { program, unknown } = compiled;
  if (unknown.length > 0) rt.debug(`seccomp: libseccomp doesn't know ${unknown.join(', ')}; left out`);
  rt.native.cacheFilter(folder, key, restricting ? packFilter(program, unknown) : program);
  return compiled;
}

/** All that a filter is made from. */
function filterKey({ native }: Runtime, { defaultAction, defaultErrnoRet, architectures, syscalls }: Seccomp): string {
  const made = [FORMAT, version, commit, native.seccompVersion(), native.uname()[4]];
  // Values of arguments may be bigints, which JSON doesn't know.
  return JSON.stringify([...made, defaultAction, defaultErrnoRet, architectures, syscalls], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

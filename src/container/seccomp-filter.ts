import { commit, version } from '../cli/generated/build-info.js';
import type { Seccomp } from '../config/spec.js';
import { TsruncError } from '../error.js';
import type { Plan } from '../plan/plan.js';
import { compileSeccomp } from '../plan/seccomp.js';
import { atField } from './at-field.js';
import type { Runtime } from './runtime.js';

/** Folder below the root for compiled filters: no container has an id with @. */
const CACHE = '@seccomp';
/** To be raised when another filter is made of the same profile. */
const FORMAT = 2;

/**
 * Puts the filter of the plan's seccomp profile into the step that loads it: the one that was compiled before for the same
 * profile, or compiled now, which takes some 20 ms for the profile of an engine.
 */
export function compileFilter(rt: Runtime, plan: Plan): void {
  const { seccomp } = plan;
  if (seccomp === undefined) return;
  const step = plan.steps[seccomp.step];
  if (step?.step !== 'seccomp') throw new TsruncError('internal', 'the plan has its seccomp step elsewhere');
  const folder = `${rt.root}/${CACHE}`;
  const key = filterKey(rt, seccomp.profile);
  const cached = rt.native.cachedFilter(folder, key);
  if (cached.length > 0) {
    step.filter = cached;
    return;
  }
  const { program, unknown } = atField(seccomp.from, () => compileSeccomp(rt.native, seccomp.profile));
  step.filter = program;
  if (unknown.length > 0) rt.debug(`seccomp: libseccomp doesn't know ${unknown.join(', ')}; left out`);
  rt.native.cacheFilter(folder, key, program);
}

/** All that a filter is made from. */
function filterKey({ native }: Runtime, { defaultAction, defaultErrnoRet, architectures, syscalls }: Seccomp): string {
  const made = [FORMAT, version, commit, native.seccompVersion(), native.uname()[4]];
  // Values of arguments may be bigints, which JSON doesn't know.
  return JSON.stringify([...made, defaultAction, defaultErrnoRet, architectures, syscalls], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

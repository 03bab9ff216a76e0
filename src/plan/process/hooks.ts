import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Hook, Spec } from '../../config/spec.js';
import type { HookStream, Plan, PlannedHook } from '../plan.js';
import type { PlanBuilder } from '../steps/builder.js';
import { NO_SLOT } from '../steps/step-table.js';

/** Which of the two state documents of sync create-runtime a hook gets on stdin. */
const STATE = { createContainer: 0, startContainer: 1 } as const;

/** The hooks that the runtime itself runs. */
export function runtimeHooks(spec: Spec): Plan['hooks'] {
  const list = (name: 'prestart' | 'createRuntime' | 'poststart' | 'poststop'): PlannedHook[] =>
    (spec.hooks?.[name] ?? []).map((hook, i) => ({ hook, from: `/hooks/${name}/${i}` }));
  return {
    prestart: list('prestart'),
    createRuntime: list('createRuntime'),
    poststart: list('poststart'),
    poststop: list('poststop'),
  };
}

/** The arguments a hook gets: its path where none are given, since a program wants its name. */
export function hookArguments({ path, args }: Hook): string[] {
  return args !== undefined && args.length > 0 ? args : [path];
}

/** What hooks of init get beside what they say themselves. */
export interface HookSetting {
  /** For a hook without `env`. */
  readonly environment: () => readonly string[];
  /** That environment has what the `home` step finds, too. */
  readonly home: boolean;
  /** The filter of the seccomp step that follows holds for them. */
  readonly filtered: boolean;
}

/** Steps for the hooks that init runs, in the container's namespaces. */
export function planHooks(spec: Spec, name: keyof typeof STATE, setting: HookSetting, builder: PlanBuilder): void {
  const hooks = spec.hooks?.[name] ?? [];
  const [out, err] = hooks.length > 0 ? outputSlots(spec, builder) : [NO_SLOT, NO_SLOT];
  hooks.forEach((hook: Hook, i) => {
    builder.add(`/hooks/${name}/${i}`, {
      step: 'hook',
      path: hook.path,
      args: hookArguments(hook),
      env: [...(hook.env ?? setting.environment())],
      home: hook.env === undefined && setting.home ? 1 : 0,
      timeout: (hook.timeout ?? 0) * 1000,
      state: STATE[name],
      filtered: setting.filtered ? 1 : 0,
      out,
      err,
    });
  });
}

/** The slots of the files that the annotations have hooks write to, the same for all of a plan. */
function outputSlots({ annotations }: Spec, builder: PlanBuilder): [out: number, err: number] {
  const { hookStdout, hookStderr } = crunAnnotations(annotations);
  const slot = (stream: HookStream, path: string | undefined): number => {
    if (path === undefined) return NO_SLOT;
    const known = builder.slots.findIndex((source) => source.kind === 'hook-file' && source.stream === stream);
    return known >= 0
      ? known
      : builder.runtimeSlot({ kind: 'hook-file', stream, path, from: crunPointer(`hooks.${stream}`) });
  };
  return [slot('stdout', hookStdout), slot('stderr', hookStderr)];
}

/** True when init has to wait for the runtime once the mounts are done: for its hooks, its devices, or the states that hooks of init get. */
export function needsCreateRuntime(spec: Spec): boolean {
  const { prestart, createRuntime, createContainer, startContainer } = spec.hooks ?? {};
  const lists = [prestart, createRuntime, createContainer, startContainer];
  return lists.some((list) => (list?.length ?? 0) > 0) || Object.keys(spec.linux?.netDevices ?? {}).length > 0;
}

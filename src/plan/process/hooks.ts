/** The hooks of a configuration: which of them the runtime runs, and the steps for those that init runs. */
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Hook, Spec } from '../../config/spec.js';
import type { HookStream, PlannedHook, RuntimeHooks } from '../plan.js';
import type { PlanBuilder } from '../steps/builder.js';
import { NO_SLOT } from '../steps/step-table.js';
import { dedupe } from './environment.js';

/** Which of the two state documents in the reply to sync create-runtime a hook gets on stdin. */
const STATE = { createContainer: 0, startContainer: 1 } as const;

/** The status in each of these. */
export const hookStates = ['creating', 'created'] as const;

/**
 * The hooks that run in the runtime's namespaces, so the runtime itself runs them (config.md, "POSIX-platform
 * Hooks").
 */
export function runtimeHooks(spec: Spec): RuntimeHooks {
  const list = (name: 'prestart' | 'createRuntime' | 'poststart' | 'poststop'): PlannedHook[] =>
    (spec.hooks?.[name] ?? []).map((hook, i) => ({ hook, pointer: `/hooks/${name}/${i}` }));
  return {
    prestart: list('prestart'),
    createRuntime: list('createRuntime'),
    poststart: list('poststart'),
    poststop: list('poststop'),
  };
}

/** The arguments of a hook, argv[0] included; its path alone if none are given, since programs expect an argv[0]. */
export function hookArguments({ path, args }: Hook): string[] {
  return args !== undefined && args.length > 0 ? args : [path];
}

/** What all hooks of one kind have in common when init runs them. */
export interface HookSetting {
  /** The environment of a hook without `env`. */
  readonly environment: () => readonly string[];
  /** HOME as the `home` step finds it is added to that environment. */
  readonly home: boolean;
  /** They run under the filter of the seccomp step that follows. */
  readonly filtered: boolean;
}

/**
 * Adds a step for each hook that init runs in the container's namespaces.
 * @param name which kind of hooks
 */
export function planHooks(spec: Spec, name: keyof typeof STATE, setting: HookSetting, builder: PlanBuilder): void {
  const hooks = spec.hooks?.[name] ?? [];
  const [out, err] = hooks.length > 0 ? outputSlots(spec, builder) : [NO_SLOT, NO_SLOT];
  hooks.forEach((hook: Hook, i) => {
    builder.add(`/hooks/${name}/${i}`, {
      step: 'hook',
      path: hook.path,
      args: hookArguments(hook),
      env: dedupe(hook.env ?? setting.environment()),
      home: hook.env === undefined && setting.home ? 1 : 0,
      timeout: (hook.timeout ?? 0) * 1000,
      state: STATE[name],
      filtered: setting.filtered ? 1 : 0,
      out,
      err,
    });
  });
}

/**
 * The slots of the files for the output of hooks (crun's annotations), one of each for a whole plan; NO_SLOT for
 * none.
 */
function outputSlots({ annotations }: Spec, builder: PlanBuilder): [out: number, err: number] {
  const { hookStdout, hookStderr } = crunAnnotations(annotations);
  const slot = (stream: HookStream, path: string | undefined): number => {
    if (path === undefined) return NO_SLOT;
    const known = builder.slots.findIndex((source) => source.kind === 'hook-file' && source.stream === stream);
    return known >= 0
      ? known
      : builder.runtimeSlot({ kind: 'hook-file', stream, path, pointer: crunPointer(`hooks.${stream}`) });
  };
  return [slot('stdout', hookStdout), slot('stderr', hookStderr)];
}

/**
 * True if init has to wait for the runtime after the mounts: the runtime runs hooks then, moves network devices, and
 * sends the states for the hooks that init runs.
 */
export function needsCreateRuntime(spec: Spec): boolean {
  const { prestart, createRuntime, createContainer, startContainer } = spec.hooks ?? {};
  const lists = [prestart, createRuntime, createContainer, startContainer];
  return lists.some((list) => (list?.length ?? 0) > 0) || Object.keys(spec.linux?.netDevices ?? {}).length > 0;
}

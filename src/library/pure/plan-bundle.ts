/** planBundle and explain: what would be done to make a container. */
import { TsruncError } from '../../base/error.js';
import { cleanPath } from '../../base/path.js';
import type { Spec } from '../../config/spec.js';
import { checkContainerId } from '../../container/state/container-id.js';
import { explainJson, explainLines, explainText } from '../../plan/explain/explain.js';
import type { ContainerPlan } from '../../plan/plan.js';
import { planContainer } from '../../plan/plan-container.js';
import type { Host } from '../types/host.js';
import type { Plan } from '../types/plan.js';
import { type GivenConfig, loadGiven } from './given-config.js';
import { assumeHost, factsOf } from './host.js';
import { type Finding, placedWarnings } from './validate-config.js';

/** How a container would be made, and where. */
export interface PlanOptions {
  /** The container's id; `example` if left out. */
  readonly id?: string;
  /** Absolute path of the bundle; `/bundle` if left out. */
  readonly bundle?: string;
  /** What is known of the host; assumeHost says what holds for the rest. */
  readonly host?: Partial<Host>;
  /** Who makes the cgroup; `cgroupfs` if left out. `systemd` needs `host.cgroups.systemd`. */
  readonly cgroupManager?: 'cgroupfs' | 'systemd' | 'disabled';
  /** The root is moved instead of pivoted to, as with `--no-pivot`. */
  readonly noPivot?: boolean;
  /** The container gets no session keyring of its own, as with `--no-new-keyring`. */
  readonly noNewKeyring?: boolean;
  /** How many descriptors from 3 on the container inherits. */
  readonly preserveFds?: number;
  /** The runtime's environment, for hooks without one of their own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The configuration's name for messages; `config.json` if left out. */
  readonly file?: string;
}

/** One thing that is done to make a container. */
export interface Action {
  /** Its place among all, from 1. */
  readonly number: number;
  /** Who does it: the runtime, or the container's first process, before it executes the program. */
  readonly actor: 'runtime' | 'init';
  /** JSON pointer of the field that asks for it; '' if the specification or tsrunc itself does. */
  readonly pointer: string;
  /** What is done. */
  readonly text: string;
}

/** What would be done to make a container, for people. */
export interface Explanation {
  /** Everything that is done, in order. */
  readonly actions: readonly Action[];
  /** What is left out or probably not meant so: of the configuration, and of the plan. */
  readonly warnings: readonly Finding[];
  /** All of it as `tsrunc explain` prints it; ends with a newline. */
  readonly text: string;
}

/**
 * Plans a container without making it: the plan is what `tsrunc explain --format json` prints for the same host. It reads no file. That
 * the root file system is there, and the id maps of a user namespace that is joined, are not looked at.
 * @param config the text of a config.json, or its value
 * @throws TsruncError 'config' for mistakes in the configuration, 'unsupported' for what the host can't do, each with the pointer and,
 *   for a text, the position of the field; with several of them, `fields.problems` has an error for each. 'usage' for wrong options.
 */
export function planBundle(config: string | Spec, options: PlanOptions = {}): Plan {
  const {
    seccomp,
    warnings: _,
    ...document
  } = explainJson(planned(config, options).plan) as Plan & { warnings: unknown };
  if (seccomp === null) return { ...document, seccomp };
  const { pointer, step, failUnknown } = seccomp;
  return { ...document, seccomp: { pointer, step, failUnknown } };
}

/**
 * Plans a container as planBundle does, and puts it in words.
 * @param config the text of a config.json, or its value
 * @throws TsruncError as planBundle does
 */
export function explain(config: string | Spec, options: PlanOptions = {}): Explanation {
  const { loaded, plan } = planned(config, options);
  return {
    actions: explainLines(plan).map(({ actor, pointer, text }, index) => ({ number: index + 1, actor, pointer, text })),
    warnings: placedWarnings(plan.warnings, loaded.positionOf),
    text: explainText(plan, loaded.spec),
  };
}

function planned(config: string | Spec, options: PlanOptions): { loaded: GivenConfig; plan: ContainerPlan } {
  const loaded = loadGiven(config, options.file);
  const { id = 'example', bundle = '/bundle', cgroupManager = 'cgroupfs', preserveFds = 0 } = options;
  checkContainerId(id);
  if (!bundle.startsWith('/'))
    throw new TsruncError('usage', `bundle ${JSON.stringify(bundle)} is a relative path; give an absolute one`);
  const host = assumeHost(options.host);
  if (cgroupManager === 'systemd' && host.cgroups.systemd === undefined)
    throw new TsruncError('usage', 'the host has no systemd to make cgroups; give host.cgroups.systemd');
  try {
    const plan = planContainer(
      loaded.spec,
      {
        id,
        bundle,
        rootfs: rootfsOf(loaded.spec, bundle),
        noPivot: options.noPivot ?? false,
        noNewKeyring: options.noNewKeyring ?? false,
        preserveFds,
        listenFds: 0,
        foreground: false,
        cgroupManager,
        environment: options.environment,
      },
      factsOf(host),
    );
    const found = loaded.warnings.map(({ pointer, text }) => ({ text, pointer }));
    return { loaded, plan: { ...plan, warnings: [...found, ...plan.warnings] } };
  } catch (error) {
    throw loaded.placed(error);
  }
}

function rootfsOf({ root }: Spec, bundle: string): string {
  const path = root?.path ?? '';
  if (path === '')
    throw new TsruncError('config', 'root.path is missing; it names the root file system', { pointer: '/root/path' });
  return cleanPath(path.startsWith('/') ? path : `${bundle}/${path}`);
}

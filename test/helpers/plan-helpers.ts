/** Small configs for the tests of the planner. */

import { TsruncError } from '../../src/base/error.js';
import type { Linux, Mount, Namespace, NamespaceType, Process, Spec } from '../../src/config/spec.js';
import type { HostFacts } from '../../src/plan/host-facts.js';
import type { ContainerPlan, PlannedStep, PlanPart } from '../../src/plan/plan.js';
import { type PlanOptions, planContainer } from '../../src/plan/plan-container.js';
import type { Step, StepName } from '../../src/plan/steps/generated/steps.js';
import { options as plainOptions, unifiedRoot } from './plan-hosts.js';

export const allTypes: NamespaceType[] = ['pid', 'network', 'mount', 'ipc', 'uts', 'cgroup'];
export const newOnes = (...types: NamespaceType[]): Namespace[] => types.map((type) => ({ type }));

export const plainProcess: Process = { args: ['true'], cwd: '/', env: ['PATH=/bin'] };

interface Parts {
  linux?: Linux;
  mounts?: Mount[];
  process?: Partial<Process>;
  spec?: Partial<Spec>;
}

/** A config with all namespaces but user and time new, and nothing else but what is given. */
export function specWith({ linux, mounts, process, spec }: Parts = {}): Spec {
  return {
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { ...plainProcess, ...process },
    mounts: mounts ?? [],
    linux: { namespaces: newOnes(...allTypes), ...linux },
    ...spec,
  };
}

export function plan(spec: Spec, facts: HostFacts = unifiedRoot, options: Partial<PlanOptions> = {}): ContainerPlan {
  return planContainer(spec, { ...plainOptions, ...options }, facts);
}

type Named<Name extends StepName> = Extract<Step, { step: Name }> & { pointer: string };

/** The steps of a kind, in order. */
export function stepsOf<Name extends StepName>(made: PlanPart, name: Name): Named<Name>[] {
  return made.steps.filter((step): step is PlannedStep & Named<Name> => step.step === name);
}

/** Number of the first step of a kind; -1 without one. */
export const indexOf = (made: PlanPart, name: StepName): number => made.steps.findIndex(({ step }) => step === name);

/** The names of a plan's steps, without what comes in every plan where it doesn't matter. */
export const names = (made: PlanPart): StepName[] => made.steps.map(({ step }) => step);

/** What planning complains about, as "code pointer: message". */
export function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? [error]).map(({ code, pointer, message }) => `${code} ${pointer}: ${message}`);
  }
  return [];
}

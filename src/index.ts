/**
 * tsrunc as a library on Node.js: the same operations as the command line's, as functions. Everything is synchronous
 * and throws TsruncError.
 */
import type { Runtime } from './container/runtime.js';
import { nodeNative } from './native/node/host.js';

export type { Finding } from './config/findings.js';
export { type LoadedConfig, loadConfig, loadMounts, loadProcess, loadResources } from './config/load.js';
export { type SourceFile, sourceFile } from './config/source-file.js';
export type * from './config/spec.js';
export { createContainer } from './container/create.js';
export { deleteContainer } from './container/delete.js';
export { type ContainerEvents, type ContainerStats, containerStats, watchContainer } from './container/events.js';
export { execContainer } from './container/exec.js';
export { type Explanation, explainBundle } from './container/explain-bundle.js';
export { killContainer } from './container/kill.js';
export { listContainers } from './container/list.js';
export { addMounts, removeMounts } from './container/mounts.js';
export type * from './container/options.js';
export { pauseContainer, resumeContainer } from './container/pause.js';
export { containerProcesses } from './container/processes.js';
export { runContainer } from './container/run.js';
export type { Runtime } from './container/runtime.js';
export { startContainer } from './container/start.js';
export { containerState } from './container/state.js';
export { updateContainer } from './container/update.js';
export { type ErrorCode, type ErrorFields, type Position, TsruncError, type Warn } from './error.js';
export type { HostFacts } from './host-facts.js';
export type { Native } from './native/native.js';
export { explainJson, explainText } from './plan/explain.js';
export type { Plan, PlannedStep } from './plan/plan.js';
export { type PlanOptions, planContainer } from './plan/plan-container.js';

/**
 * Settings of a Runtime; what is left out is as on the command line of root, in the folder /, with no environment, and nobody is
 * told of warnings: `warn` gets them.
 */
export type RuntimeSettings = Partial<Omit<Runtime, 'native'>>;

/**
 * A Runtime over the addon of this package.
 * @throws Error when the addon isn't built for this machine.
 */
export function createRuntime(settings: RuntimeSettings = {}): Runtime {
  const nothing = (): void => {};
  return {
    native: nodeNative(),
    root: '/run/tsrunc',
    env: {},
    cwd: '/',
    cgroupManager: 'cgroupfs',
    rootless: 'auto',
    warn: nothing,
    tellError: settings.warn ?? nothing,
    settle: nothing,
    debug: nothing,
    ...settings,
  };
}

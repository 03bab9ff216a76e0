/**
 * tsrunc as a library on Node.js: the same operations as the command line's, as functions. Everything is synchronous
 * and throws TsruncError.
 */
import type { Runtime } from './container/runtime.js';
import { nodeNative } from './hosts/node/host.js';

export { type ErrorCode, type ErrorFields, type Position, TsruncError, type Warn } from './base/error.js';
export type { Finding } from './config/findings.js';
export { type LoadedConfig, loadConfig, loadMounts, loadProcess, loadResources } from './config/load.js';
export { type SourceFile, sourceFile } from './config/source-file.js';
export type * from './config/spec.js';
export { createContainer } from './container/commands/create.js';
export { deleteContainer } from './container/commands/delete.js';
export {
  type ContainerEvents,
  type ContainerStats,
  containerStats,
  watchContainer,
} from './container/commands/events.js';
export { execContainer } from './container/commands/exec.js';
export { killContainer } from './container/commands/kill.js';
export { listContainers } from './container/commands/list.js';
export { addMounts, removeMounts } from './container/commands/mounts.js';
export { pauseContainer, resumeContainer } from './container/commands/pause.js';
export { containerProcesses } from './container/commands/processes.js';
export { runContainer } from './container/commands/run.js';
export { startContainer } from './container/commands/start.js';
export { containerState } from './container/commands/state.js';
export { updateContainer } from './container/commands/update.js';
export { type Explanation, explainBundle } from './container/explain-bundle.js';
export type * from './container/options.js';
export type { Runtime } from './container/runtime.js';
export type { Native } from './native/native.js';
export { explainJson, explainText } from './plan/explain/explain.js';
export type { HostFacts } from './plan/host-facts.js';
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

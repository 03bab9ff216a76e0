/**
 * What needs no machine: reads, checks and explains configurations. It has no native code and uses nothing of Node.js, so it runs
 * wherever JavaScript does.
 * @packageDocumentation
 */
export { type ErrorCode, type ErrorFields, type Position, TsruncError } from '../base/error.js';
export type * from '../config/spec.js';
export { type ExampleOptions, exampleSpec } from './pure/example-spec.js';
export { assumeHost } from './pure/host.js';
export { type ConfigOptions, type ParsedConfig, parseConfig } from './pure/parse-config.js';
export { type Action, type Explanation, explain, type PlanOptions, planBundle } from './pure/plan-bundle.js';
export {
  type Finding,
  type FollowingFinding,
  type Severity,
  type ValidateOptions,
  validateConfig,
} from './pure/validate-config.js';
export type * from './types/features.js';
export type * from './types/host.js';
export type * from './types/plan.js';
export type * from './types/state.js';
export type * from './types/stats.js';

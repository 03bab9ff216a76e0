/**
 * The client: an OCI runtime by its command line, for whoever writes an engine, a CI runner or a sandbox. It needs Node.js and a runtime,
 * tsrunc or another. For terminals it loads the addon, the rest does without.
 * @packageDocumentation
 */
export type { AbortOptions } from './client/abort.js';
export type { ContainerEvent, ListedContainer, RuntimeVersion } from './client/answers/answers.js';
export type { LogEntry } from './client/answers/log-entries.js';
export type { BundleOptions } from './client/bundle.js';
export type { CaptureOptions } from './client/capture.js';
export type { OciRuntimeOptions } from './client/client-settings.js';
export type { ContainerProcess, ForegroundOptions } from './client/container-process.js';
export type { DetachedOptions, DetachedProcess } from './client/detached.js';
export { OciRuntime } from './client/oci-runtime.js';
export type {
  CheckpointOptions,
  CreateOptions,
  CriuOptions,
  DeleteOptions,
  DetachedExecOptions,
  DetachedRestoreOptions,
  DetachedRunOptions,
  EventsOptions,
  ExecCommonOptions,
  ExecOptions,
  ExecSettings,
  KillOptions,
  MakeOptions,
  RestoreOptions,
  RunOptions,
} from './client/options.js';
export type { DetachedEnd, ProcessResult } from './client/result.js';
export { RuntimeError, type RuntimeErrorCode, type RuntimeErrorDetails } from './client/runtime-error.js';
export type {
  DetachedOutputOption,
  DetachedStdioOptions,
  OutputOption,
  StdinData,
  StdinOption,
  StdioOptions,
} from './client/stdio.js';
export type { Terminal, TerminalOption, TerminalSize } from './client/terminal.js';

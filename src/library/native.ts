/**
 * The low level: operations on containers within this process, by the addon. Only those are here that leave the process as it was: they
 * change no signal handler, make no child that outlives the call, and wait for nobody else's.
 * @packageDocumentation
 */
export { InProcessRuntime, type RuntimeOptions, type StateList } from './native/runtime.js';
export * from './pure.js';

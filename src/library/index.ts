/**
 * tsrunc as a library: the pure layer, which reads, checks and explains configurations, and the client, which drives the command line
 * of any OCI runtime. Neither loads native code. What works in process is `tsrunc/native`.
 * @packageDocumentation
 */
export * from './client.js';
export * from './pure.js';

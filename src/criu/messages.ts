/**
 * The messages of criu's RPC that tsrunc uses, with the names and numbers of criu's images/rpc.proto. Fields that
 * tsrunc doesn't need are left out; users can set them in criu's configuration file.
 */
import type { MessageDefinition, MessageOf } from './protobuf.js';

/** Types of requests and answers: criu_req_type. */
export const RequestType = { dump: 1, restore: 2, preDump: 4, notify: 6, featureCheck: 9, version: 10 } as const;

/** What criu does with cgroups: criu_cg_mode. */
export const CgroupMode = { ignore: 0, soft: 3, full: 4, strict: 5, default: 6 } as const;

/** How criu stops the container's network traffic meanwhile: criu_network_lock_method. */
export const NetworkLock = { iptables: 1, nftables: 2, skip: 3 } as const;

const pageServer = {
  address: { number: 1, type: 'string' },
  port: { number: 2, type: 'int32' },
} as const satisfies MessageDefinition;

const extMountMap = {
  key: { number: 1, type: 'string' },
  val: { number: 2, type: 'string' },
} as const satisfies MessageDefinition;

const joinNamespace = {
  ns: { number: 1, type: 'string' },
  nsFile: { number: 2, type: 'string' },
} as const satisfies MessageDefinition;

const inheritFd = {
  key: { number: 1, type: 'string' },
  fd: { number: 2, type: 'int32' },
} as const satisfies MessageDefinition;

const cgroupRoot = {
  ctrl: { number: 1, type: 'string' },
  path: { number: 2, type: 'string' },
} as const satisfies MessageDefinition;

const criuOpts = {
  imagesDirFd: { number: 1, type: 'int32' },
  pid: { number: 2, type: 'int32' },
  leaveRunning: { number: 3, type: 'bool' },
  extUnixSk: { number: 4, type: 'bool' },
  tcpEstablished: { number: 5, type: 'bool' },
  evasiveDevices: { number: 6, type: 'bool' },
  shellJob: { number: 7, type: 'bool' },
  fileLocks: { number: 8, type: 'bool' },
  logLevel: { number: 9, type: 'int32' },
  logFile: { number: 10, type: 'string' },
  ps: { number: 11, type: pageServer },
  notifyScripts: { number: 12, type: 'bool' },
  root: { number: 13, type: 'string' },
  parentImg: { number: 14, type: 'string' },
  trackMem: { number: 15, type: 'bool' },
  autoDedup: { number: 16, type: 'bool' },
  workDirFd: { number: 17, type: 'int32' },
  linkRemap: { number: 18, type: 'bool' },
  extMnt: { number: 23, type: extMountMap, repeated: true },
  manageCgroups: { number: 24, type: 'bool' },
  cgRoot: { number: 25, type: cgroupRoot, repeated: true },
  rstSibling: { number: 26, type: 'bool' },
  inheritFd: { number: 27, type: inheritFd, repeated: true },
  manageCgroupsMode: { number: 34, type: 'int32' },
  external: { number: 37, type: 'string', repeated: true },
  emptyNs: { number: 38, type: 'uint32' },
  joinNs: { number: 39, type: joinNamespace, repeated: true },
  freezeCgroup: { number: 44, type: 'string' },
  tcpSkipInFlight: { number: 46, type: 'bool' },
  lazyPages: { number: 48, type: 'bool' },
  orphanPtsMaster: { number: 50, type: 'bool' },
  configFile: { number: 51, type: 'string' },
  tcpClose: { number: 52, type: 'bool' },
  lsmProfile: { number: 53, type: 'string' },
  lsmMountContext: { number: 63, type: 'string' },
  networkLock: { number: 64, type: 'int32' },
} as const satisfies MessageDefinition;

const criuFeatures = {
  memTrack: { number: 1, type: 'bool' },
  lazyPages: { number: 2, type: 'bool' },
} as const satisfies MessageDefinition;

/** The message criu_req, which is sent to criu. */
export const criuRequest = {
  type: { number: 1, type: 'int32' },
  opts: { number: 2, type: criuOpts },
  notifySuccess: { number: 3, type: 'bool' },
  keepOpen: { number: 4, type: 'bool' },
  features: { number: 5, type: criuFeatures },
} as const satisfies MessageDefinition;

const criuRestoreResponse = { pid: { number: 1, type: 'int32' } } as const satisfies MessageDefinition;

const criuNotify = {
  script: { number: 1, type: 'string' },
  pid: { number: 2, type: 'int32' },
} as const satisfies MessageDefinition;

const criuVersion = {
  major: { number: 1, type: 'int32' },
  minor: { number: 2, type: 'int32' },
  gitid: { number: 3, type: 'string' },
  sublevel: { number: 4, type: 'int32' },
} as const satisfies MessageDefinition;

/** The message criu_resp, by which criu answers or sends notifications. */
export const criuResponse = {
  type: { number: 1, type: 'int32' },
  success: { number: 2, type: 'bool' },
  restore: { number: 4, type: criuRestoreResponse },
  notify: { number: 5, type: criuNotify },
  errno: { number: 7, type: 'int32' },
  features: { number: 8, type: criuFeatures },
  message: { number: 9, type: 'string' },
  version: { number: 10, type: criuVersion },
} as const satisfies MessageDefinition;

/** The values of these messages; fields that aren't set are left out. */
export type CriuRequest = MessageOf<typeof criuRequest>;
export type CriuResponse = MessageOf<typeof criuResponse>;
export type CriuOpts = MessageOf<typeof criuOpts>;
export type CriuFeatures = MessageOf<typeof criuFeatures>;
export type CriuVersion = MessageOf<typeof criuVersion>;
export type CriuNotify = MessageOf<typeof criuNotify>;

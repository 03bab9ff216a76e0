/** What a process and the hooks are given. */
import type { Linux } from '../../../src/config/spec.js';
import { config, type Explanation, hasNamespace, processOf, runcRefuses } from './seen.js';

const capabilitiesShowIn =
  /^(kernel:Cap|calls:|opens:|nodes:|tree:|securebits|memoryPolicy|interfaces:socket|kernel:oom)/;

/** Rows of docs/exec.md about what a process of exec leaves out. */
const rowsOfExec = {
  user: '`user`',
  noNewPrivileges: '`noNewPrivileges`',
  rlimits: '`rlimits`',
  oomScoreAdj: '`oomScoreAdj`',
  scheduler: '`scheduler`, `ioPriority`',
  ioPriority: '`scheduler`, `ioPriority`',
  execCPUAffinity: '`execCPUAffinity`',
};

/** Where the field shows; an id nearly everywhere. */
const shownIn = {
  user: /^(uid|gid|groups|umask|env|opens|nodes|calls|kernel:(Uid|Gid|Groups|Umask|Cap)|outcome|dumpable|interfaces)/,
  noNewPrivileges: /^(noNewPrivileges|dumpable|kernel:NoNewPrivs|kernel:Cap|nodes|opens|calls)/,
  rlimits: /^(limits:|calls:|outcome)/,
  oomScoreAdj: /^kernel:oom_score_adj/,
  scheduler: /^scheduler:/,
  ioPriority: /^ioPriority/,
  execCPUAffinity: /^(affinity|kernel:Cpus_allowed)/,
};

/** The call that a fact is about, where several rules of the profile are, of different actions. */
const hasOtherRules = ({ seccomp }: Linux, call: string): boolean => {
  const rules = (seccomp?.syscalls ?? []).filter(({ names = [] }) => names.includes(call));
  return new Set(rules.map(({ action, errnoRet }) => `${action} ${errnoRet}`)).size > 1;
};

/** The system call that the probe finds a fact out by. */
const madeBy: Readonly<Record<string, string>> = {
  interfaces: 'socket',
  personality: 'personality',
  sessionKeyring: 'keyctl',
};

export const processes: readonly Explanation[] = [
  {
    row: 'rules of different actions for one call',
    page: 'seccomp.md',
    holds: (seen) => {
      const [, call] = /(?:^|:)calls:(\w+)/.exec(seen.fact) ?? [];
      const name = call ?? madeBy[seen.fact.replace(/:.*/, '')];
      return name !== undefined && hasOtherRules(config(seen).linux ?? {}, name === 'setuid' ? 'setresuid' : name);
    },
  },
  {
    row: '`process.capabilities` left out',
    holds: (seen) => processOf(seen)?.capabilities === undefined && capabilitiesShowIn.test(seen.fact),
  },
  ...(['user', 'noNewPrivileges', 'rlimits', 'oomScoreAdj', 'scheduler', 'ioPriority', 'execCPUAffinity'] as const).map(
    (field): Explanation => ({
      row: rowsOfExec[field],
      page: 'exec.md',
      holds: (seen) =>
        seen.step !== undefined && processOf(seen)?.[field] === undefined && shownIn[field].test(seen.fact),
    }),
  ),
  {
    row: '`user.umask` and `oomScoreAdj` in a file of `exec --process`',
    holds: (seen) =>
      seen.step !== undefined &&
      (/^(umask|kernel:(Umask|oom_score_adj))$/.test(seen.fact) ||
        (/^nodes:/.test(seen.fact) && processOf(seen)?.user?.umask !== undefined)),
  },
  {
    row: '`scheduler` and `ioPriority` that take rights over the host, in a user namespace',
    holds: (seen) =>
      hasNamespace(seen, 'user') &&
      runcRefuses(seen, /(failed to set io priority|error setting scheduler): operation not permitted/),
  },
  {
    row: 'the permissions of the session keyring in a user namespace',
    holds: (seen) =>
      hasNamespace(seen, 'user') &&
      // runc's can't be found by its name: each process of exec gets a new one.
      ((seen.fact === 'keyrings' && seen.runc === 'several') ||
        (seen.fact === 'sessionKeyring' &&
          [';3f130008;', ';3f130000;'].some((bits) => seen.tsrunc?.replace(';3f1b0000;', bits) === seen.runc))),
  },
  {
    row: '`HOME` where `process.env` is empty',
    holds: ({ fact, tsrunc, runc }) =>
      (/env$/.test(fact) && runc === '[]' && /^\["HOME=[^"]*"\]$/.test(tsrunc ?? '')) ||
      (/opens:\/proc\/1\/environ$/.test(fact) && runc?.replace('nothing', 'something') === tsrunc),
  },
  {
    row: '`ociVersion` and `status` in the state that hooks get',
    holds: ({ fact, tsrunc = '{}', runc = '{}' }) => {
      if (!/^hooks:.*:state$/.test(fact)) return false;
      const [ours, theirs] = [tsrunc, runc].map((text) => JSON.parse(text) as Record<string, unknown>);
      const isPoststart = ours?.status === 'running' && theirs?.status === 'created';
      const isPrestart = ours?.status === 'created' && theirs?.status === 'creating';
      const status = { ...(isPoststart && { status: 'running' }), ...(isPrestart && { status: 'created' }) };
      const alike = { ...theirs, ociVersion: ours?.ociVersion, ...status };
      return JSON.stringify(alike) === JSON.stringify(ours);
    },
  },
  {
    row: 'a createContainer hook without `env`',
    holds: (seen) =>
      /^hooks:host \d+:env$/.test(seen.fact) &&
      seen.runc === '[]' &&
      (config(seen).hooks?.createContainer ?? []).some(({ env }) => env === undefined),
  },
  {
    row: 'a hook with `env: []`',
    holds: (seen) =>
      /^hooks:container \d+:env$/.test(seen.fact) &&
      seen.tsrunc === '[]' &&
      (config(seen).hooks?.startContainer ?? []).some(({ env }) => env === undefined || env.length === 0),
  },
];

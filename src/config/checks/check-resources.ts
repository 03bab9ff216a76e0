import { quote } from '../../base/quote.js';
import { mostNumbers, parseList } from '../cpu-list.js';
import { highestNumber } from '../device-numbers.js';
import { eachItem, eachName, type Findings } from '../findings.js';
import type { DeviceRule, Resources } from '../spec.js';
import { checkBlockIo } from './check-block-io.js';

/**
 * resources, of config.json or of a file of its own (pointer is where it stands). With update the limits that aren't given
 * stay as they are, so nothing is said of a limit that is missing.
 */
export function checkResources(resources: Resources, pointer: string, findings: Findings, update: boolean): void {
  eachItem(resources.devices, `${pointer}/devices`, (rule, at) => checkDeviceRule(rule, at, findings));
  checkMemory(resources.memory ?? {}, `${pointer}/memory`, findings, update);
  checkCpu(resources.cpu ?? {}, `${pointer}/cpu`, findings);
  if (resources.blockIO !== undefined) checkBlockIo(resources.blockIO, `${pointer}/blockIO`, findings, update);
  checkHugepages(resources.hugepageLimits, `${pointer}/hugepageLimits`, findings);
  eachItem(resources.network?.priorities, `${pointer}/network/priorities`, ({ name }, at) => {
    if (name === '') findings.problem(`${at}/name`, 'is empty; must be the name of an interface');
  });
  eachName(resources.rdma, `${pointer}/rdma`, (limits, at) => {
    if (limits.hcaHandles === undefined && limits.hcaObjects === undefined && !findings.isDamaged(at)) {
      findings.problem(at, 'has neither hcaHandles nor hcaObjects; must have one of them');
    }
  });
  eachName(resources.unified, `${pointer}/unified`, (value, at, name) => {
    if (name.includes('/') || name === '' || name === '.' || name === '..') {
      findings.problem(at, `${quote(name)} is no file of a cgroup; must be a name without "/"`);
    } else if (value.trim() === '') {
      // A write of no bytes is none: the kernel would leave the file as it is.
      findings.problem(at, 'is empty; must be what the file takes');
    }
  });
}

/**
 * A missing number, as well as -1, stands for all; so does an access that is missing, but only in a rule that denies: one that
 * allows has to say what.
 */
function checkDeviceRule(rule: DeviceRule, pointer: string, findings: Findings): void {
  for (const name of ['major', 'minor'] as const) {
    const number = rule[name];
    const most = highestNumber[name];
    if (number !== undefined && (number < -1 || number > most)) {
      findings.problem(`${pointer}/${name}`, `is ${number}; must be between 0 and ${most}, or be left out for all`);
    }
  }
  const { access } = rule;
  const at = `${pointer}/access`;
  if (access !== undefined && !/^[rwm]*$/.test(access)) {
    findings.problem(at, `is ${quote(access)}; must be made of r, w and m`);
  } else if (!access && rule.allow && !findings.isDamaged(at)) {
    findings.problem(
      at,
      `is ${access === '' ? 'empty' : 'missing'}; must be given for a rule that allows, as "rwm" or less`,
    );
  }
}

function checkMemory(
  memory: NonNullable<Resources['memory']>,
  pointer: string,
  findings: Findings,
  update: boolean,
): void {
  for (const name of ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP'] as const) {
    const value = memory[name];
    if (value !== undefined && value < -1) {
      findings.problem(`${pointer}/${name}`, `is ${value}; must be a number of bytes, or -1 for no limit`);
    }
  }
  const { limit = 0, swap = 0 } = memory;
  if (swap <= 0 || findings.isDamaged(`${pointer}/limit`)) return;
  if (limit > 0 && swap < limit) {
    findings.problem(
      `${pointer}/swap`,
      `is ${swap}, of memory and swap together; must be at least limit, which is ${limit}`,
    );
  } else if (limit <= 0 && !update) {
    findings.problem(
      `${pointer}/swap`,
      `is ${swap}, of memory and swap together; must have a limit of memory beside it`,
    );
  }
}

/** Bounds of kernel/sched: max_cfs_quota_period, min_cfs_quota_period. 0 stands for what is set already. */
function checkCpu(cpu: NonNullable<Resources['cpu']>, pointer: string, findings: Findings): void {
  const { period = 0, quota = 0, burst = 0, idle = 0 } = cpu;
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    findings.problem(`${pointer}/period`, `is ${period}; must be between 1000 and 1000000 (microseconds)`);
  }
  if (quota > 0 && quota < 1000) {
    findings.problem(`${pointer}/quota`, `is ${quota}; must be at least 1000 (microseconds), or -1 for no limit`);
  }
  if (quota > 0 && burst > quota) {
    findings.problem(`${pointer}/burst`, `is ${burst}; must be at most quota, which is ${quota}`);
  }
  if (idle !== 0 && idle !== 1 && idle !== 0n && idle !== 1n) {
    findings.problem(`${pointer}/idle`, `is ${idle}; must be 0 or 1`);
  }
  for (const [name, what] of [
    ['cpus', 'CPUs'],
    ['mems', 'memory nodes'],
  ] as const) {
    const list = cpu[name];
    if (list !== undefined && parseList(list, mostNumbers) === undefined) {
      findings.problem(`${pointer}/${name}`, `is ${quote(list)}; must be a list of ${what} such as "0-3,5"`);
    }
  }
}

function checkHugepages(limits: Resources['hugepageLimits'], pointer: string, findings: Findings): void {
  const seen = new Map<string, string>();
  eachItem(limits, pointer, ({ pageSize }, at) => {
    const first = seen.get(pageSize);
    if (first === undefined) seen.set(pageSize, at);
    else findings.problem(`${at}/pageSize`, `${quote(pageSize)} was given before at ${first}; must be given once`);
  });
}

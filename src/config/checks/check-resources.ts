/** Checks the limits of a cgroup: resources of config.json and of `update`. */
import { quote } from '../../base/quote.js';
import { highestNumber } from '../device-numbers.js';
import { eachItem, eachName, type Findings } from '../findings.js';
import type { DeviceRule, Resources } from '../spec.js';
import { checkBlockIo } from './check-block-io.js';
import { checkCpu } from './check-cpu.js';
import { checkMemory } from './check-memory.js';

/**
 * resources, in config.json or in a file of its own.
 * @param pointer the JSON pointer of resources
 * @param update limits that are not given stay as they are, so it is no mistake that one is missing which another one needs
 */
export function checkResources(resources: Resources, pointer: string, findings: Findings, update: boolean): void {
  eachItem(resources.devices, `${pointer}/devices`, (rule, at) => checkDeviceRule(rule, at, findings));
  checkMemory(resources.memory ?? {}, `${pointer}/memory`, findings, update);
  checkCpu(resources.cpu ?? {}, `${pointer}/cpu`, findings);
  checkPids(resources.pids, `${pointer}/pids`, findings);
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
      // Writing no bytes is no write at all: the kernel would not change anything.
      findings.problem(at, 'is empty; must be what the file takes');
    }
  });
}

/**
 * A number that is missing, or is -1, stands for all devices. A missing access stands for every access in a rule that denies; a rule
 * that allows has to name what it allows.
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

/** The limit may be left out (config-linux.md, PIDs), but not where another name stands in its place. */
function checkPids(pids: Resources['pids'], pointer: string, findings: Findings): void {
  if (pids === undefined || pids.limit !== undefined || Object.keys(pids).length === 0) return;
  if (!findings.isDamaged(`${pointer}/limit`)) findings.problem(`${pointer}/limit`, 'is missing; must be given');
}

function checkHugepages(limits: Resources['hugepageLimits'], pointer: string, findings: Findings): void {
  const seen = new Map<string, string>();
  eachItem(limits, pointer, ({ pageSize }, at) => {
    const first = seen.get(pageSize);
    if (first === undefined) seen.set(pageSize, at);
    else findings.problem(`${at}/pageSize`, `${quote(pageSize)} was given before at ${first}; must be given once`);
  });
}

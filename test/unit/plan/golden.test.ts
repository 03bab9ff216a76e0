/**
 * Plans of the configs that engines generate, on three hosts, against test/unit/plan/golden. UPDATE_GOLDEN=1 rewrites them;
 * the difference is then for the eye.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { loadConfig } from '../../../src/config/load.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { explainJson, explainText } from '../../../src/plan/explain/explain.js';
import { planContainer } from '../../../src/plan/plan-container.js';
import { encodeSteps } from '../../../src/plan/steps/encode.js';
import { hybridRoot, options, rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const native = nodeNative();
const top = process.cwd();
const configs = join(top, 'test/fixtures/configs');
const golden = join(top, 'test/unit/plan/golden');
const update = process.env.UPDATE_GOLDEN === '1';
/** Both label systems on, and the limits that only cgroup v1 has left out: what can go together. */
const everything = { ...unifiedRoot, selinux: true };
const hosts = { unified: unifiedRoot, hybrid: hybridRoot, rootless: rootlessUser, everything };

/** The plan as text, or what is said instead of making one. */
function explain(file: string, host: keyof typeof hosts): string {
  const { spec } = loadConfig(readFileSync(file, 'utf8'), file);
  if (host === 'everything') {
    const resources = spec.linux!.resources!;
    for (const name of ['realtimePeriod', 'realtimeRuntime'] as const) delete resources.cpu?.[name];
    for (const name of ['swappiness', 'disableOOMKiller', 'kernel', 'kernelTCP'] as const)
      delete resources.memory?.[name];
    delete resources.blockIO?.leafWeight;
    for (const device of resources.blockIO?.weightDevice ?? []) delete device.leafWeight;
    delete resources.network;
  }
  try {
    const plan = planContainer(spec, options, hosts[host]);
    t.ok(encodeSteps(native, plan.steps).length > 0, `${basename(file)} on ${host} can be encoded`);
    t.doesNotThrow(() => JSON.stringify(explainJson(plan)), 'and told as JSON');
    return explainText(plan, spec);
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code === 'internal') throw error;
    const problems = error.fields.problems ?? [error];
    const lines = problems.map((problem) => `${problem.code} ${problem.pointer}: ${problem.message}\n`);
    return `No plan:\n${lines.join('')}`;
  }
}

mkdirSync(golden, { recursive: true });
for (const name of readdirSync(configs).filter((file) => file.endsWith('.json'))) {
  for (const host of Object.keys(hosts) as (keyof typeof hosts)[]) {
    if (host === 'everything' && name !== 'everything.json') continue;
    t.test(`${name} on ${host}`, (t) => {
      const text = explain(join(configs, name), host);
      const path = join(golden, `${basename(name, '.json')}-${host}.txt`);
      if (update) writeFileSync(path, text);
      if (!existsSync(path)) t.fail(`${path} is missing: run with UPDATE_GOLDEN=1`);
      else t.equal(text, readFileSync(path, 'utf8'));
      t.end();
    });
  }
}

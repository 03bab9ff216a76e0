// Adds the first inputs of test/fuzz to its corpus: each kind of step as the planner makes it of the sample configurations, and a part of
// a plan of several. Usage, after a build: node scripts/fuzz-seeds.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../dist/config/load.js';
import { nodeNative } from '../dist/hosts/node/host.js';
import { assumeHost, factsOf } from '../dist/library/pure/host.js';
import { planContainer } from '../dist/plan/plan-container.js';
import { encodeSteps } from '../dist/plan/steps/encode.js';
import { add } from '../test/fuzz/corpus.mjs';
import { say, top } from './steps.mjs';

process.chdir(top);
const native = nodeNative();
/** The longest of them, in bytes: a mutation of a short input changes more of what it means. */
const longest = 1024;

const configurations = 'test/fixtures/configs';
const options = {
  ...{ id: 'c1', bundle: '/bundle', rootfs: '/bundle/rootfs', noPivot: false, noNewKeyring: false, preserveFds: 1 },
  ...{ listenFds: 0, foreground: false, cgroupManager: 'cgroupfs', environment: {} },
};
const hosts = [assumeHost(), assumeHost({ uid: 1000 }), assumeHost({ selinux: true })];

const byKind = new Map();
const parts = [];
for (const name of readdirSync(configurations)) {
  const { spec } = loadConfig(readFileSync(join(configurations, name), 'utf8'), name);
  for (const host of hosts) {
    let steps;
    try {
      ({ steps } = planContainer(spec, options, factsOf(host)));
    } catch (error) {
      if (error.name !== 'TsruncError') throw error;
      // Not for this host.
      continue;
    }
    for (const one of steps) {
      const known = byKind.get(one.step) ?? [];
      const encoded = encodeSteps(native, [one]);
      if (known.length < 2 && encoded.length <= longest) byKind.set(one.step, [...known, encoded]);
    }
    for (let at = 0; at < steps.length; at += 8) {
      const part = encodeSteps(native, steps.slice(at, at + 8), at + 8 < steps.length);
      if (part.length <= longest) parts.push(part);
    }
  }
}
say(
  'plan',
  `${add('plan', [...[...byKind.values()].flat(), ...parts.slice(0, 12)])} inputs, of ${byKind.size} kinds of steps`,
);

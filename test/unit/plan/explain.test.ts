import t from 'tap';
import { explainJson, explainText } from '../../../src/plan/explain/explain.js';
import { explainStep } from '../../../src/plan/explain/explain-steps.js';
import { plannerFeatures } from '../../../src/plan/features.js';
import { attributeNames, cloneFlagNames, mountFlagNames } from '../../../src/plan/steps/flag-names.js';
import type { Step } from '../../../src/plan/steps/generated/steps.js';
import { NO_SLOT, stepTable } from '../../../src/plan/steps/step-table.js';
import { newOnes, plan, specWith } from '../../helpers/plan-helpers.js';
import { unifiedRoot } from '../../helpers/plan-hosts.js';

t.test('flags by name', (t) => {
  t.equal(cloneFlagNames(0x20000000 | 0x00020000), 'CLONE_NEWPID|CLONE_NEWNS');
  t.equal(cloneFlagNames(0), '0');
  t.equal(cloneFlagNames(1), '0x1');
  t.equal(mountFlagNames(16384n | (1n << 19n)), 'MS_SLAVE|MS_REC');
  t.equal(attributeNames(1n | 0x20n, 8n | 0x70n), 'ro,strictatime,exec');
  t.equal(attributeNames(0n, 0x70n), 'relatime');
  t.equal(attributeNames(0n, 0n), '');
  t.end();
});

t.test('text: numbered lines, who, the field, what', (t) => {
  const spec = specWith({
    process: { args: ['sh', '-c', 'true'], capabilities: { bounding: ['CAP_BPF'] } },
    linux: { namespaces: newOnes('mount') },
  });
  const lines = explainText(
    plan(spec, { ...unifiedRoot, lastCapability: 37, boundingCapabilities: (1n << 38n) - 1n }),
    spec,
  ).split('\n');
  t.match(lines[0], /^Plan for sh -c true: \d+ actions, \d+ of them by init$/);
  const exec = lines.find((line) => line.includes('execute'));
  t.match(exec, /^ *\d+ {2}init {5}\/process\/args +execute sh -c true$/);
  t.match(lines.at(-2), /^warning: CAP_BPF can't be granted.* {2}\/process\/capabilities\/bounding\/0$/);
  t.equal(lines.at(-1), '');
  t.end();
});

t.test('JSON: plain values that come back as they went', (t) => {
  const rlimits = [{ type: 'RLIMIT_CORE', soft: -1, hard: -1 }];
  const json = explainJson(plan(specWith({ process: { rlimits, capabilities: { bounding: ['CAP_KILL'] } } })));
  t.same(JSON.parse(JSON.stringify(json)), json);
  const { steps } = json as {
    steps: { number: number; step: string; pointer: string; text: string; fields: Record<string, unknown> }[];
  };
  t.ok(steps.every(({ number, text }, i) => number === i && text.length > 0));
  t.match(
    steps.find(({ step }) => step === 'rlimit'),
    { fields: { soft: '18446744073709551615', resource: 4 } },
  );
  t.match(
    steps.find(({ step }) => step === 'bounding-set'),
    { fields: { keep: ['CAP_KILL'] } },
  );
  t.end();
});

t.test('every kind of step has its words', (t) => {
  const empty = { u32: 0, i32: 0, u64: 0n, i64: 0n, str: 'x', bytes: new Uint8Array(8), strs: ['x'], slot: NO_SLOT };
  const some = plan(specWith());
  for (const { name, fields } of stepTable) {
    const step = {
      step: name,
      ...Object.fromEntries(fields.map(([field, type]) => [field, empty[type]])),
    } as unknown as Step;
    const text = explainStep(step, some);
    t.ok(text.length > 0 && !text.includes('undefined') && !text.includes('NaN'), `${name}: ${text}`);
  }
  t.end();
});

t.test('what features prints comes from the tables', (t) => {
  for (const [name, list] of Object.entries(plannerFeatures())) {
    t.ok(list.length > 0, name);
    t.equal(new Set(list).size, list.length);
  }
  t.ok(plannerFeatures().mountOptions.includes('rro'));
  t.ok(plannerFeatures().namespaces.includes('time'));
  t.end();
});

/** What init gets of a plan while the rest is planned: the beginning of the same plan, where nothing can come between. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { loadConfig } from '../../../src/config/load.js';
import type { Spec } from '../../../src/config/spec.js';
import type { HostFacts } from '../../../src/plan/host-facts.js';
import type { ContainerPlan, PlanPart } from '../../../src/plan/plan.js';
import { beginPlan, planInParts } from '../../../src/plan/plan-container.js';
import { newOnes, plan, problemsOf, specWith } from '../../helpers/plan-helpers.js';
import { hybridRoot, options, unifiedRoot } from '../../helpers/plan-hosts.js';

const configs = join(process.cwd(), 'test/fixtures/configs');

/** The parts that init may carry out ahead, and the whole plan: undefined when it is refused. */
function inParts(spec: Spec, facts: HostFacts): { parts: PlanPart[]; whole?: ContainerPlan } {
  const planning = planInParts(beginPlan(spec, options, facts));
  const parts: PlanPart[] = [];
  for (;;)
    try {
      const { done, value } = planning.next();
      if (done) return { parts, whole: value };
      parts.push(value);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      return { parts };
    }
}

const aheadOf = (spec: Spec, facts: HostFacts = unifiedRoot): PlanPart[] => inParts(spec, facts).parts;

t.test('they are how the whole plan begins, mounts and devices with it, and end before any hook', async (t) => {
  let seen = 0;
  for (const name of readdirSync(configs).filter((file) => file.endsWith('.json'))) {
    for (const facts of [unifiedRoot, hybridRoot]) {
      const file = join(configs, name);
      const { parts, whole } = inParts(loadConfig(readFileSync(file, 'utf8'), file).spec, facts);
      if (parts.length === 0 || whole === undefined) continue;
      t.equal(parts.length, 3, 'namespaces and root; mounts; devices');
      const steps = parts.flatMap((part) => part.steps);
      const slots = parts.flatMap((part) => part.slots);
      t.same(steps, whole.steps.slice(0, steps.length), name);
      t.same(slots, whole.slots.slice(0, slots.length), name);
      const rest = new Set(whole.steps.slice(steps.length).map(({ step }) => step));
      for (const step of ['mount-fs', 'device-node', 'open-root'] as const)
        t.notOk(rest.has(step), `${step} of ${name}`);
      for (const { step } of steps) t.notMatch(step, /^(sync|hook|console|seccomp|fork|ready|exec)$/, name);
      seen++;
    }
  }
  t.ok(seen > 2, `${seen} plans`);
});

t.test('there is nothing ahead where something may come between', async (t) => {
  const joined = specWith({ linux: { namespaces: [...newOnes('mount'), { type: 'network', path: '/run/netns/a' }] } });
  t.same(aheadOf(joined), [], 'a namespace is joined');
  const ids = [{ containerID: 0, hostID: 1000, size: 1 }];
  const owned = specWith({ linux: { namespaces: newOnes('mount', 'user'), uidMappings: ids, gidMappings: ids } });
  t.same(aheadOf(owned), [], 'a user namespace waits for its maps');
  const mapped = {
    destination: '/a',
    type: 'bind',
    source: '/a',
    options: ['bind'],
    uidMappings: ids,
    gidMappings: ids,
  };
  t.same(aheadOf(specWith({ mounts: [mapped] })), [], 'the number of a slot is not known yet');
  const wrong = specWith({ mounts: [{ destination: '/proc/1', type: 'tmpfs', source: 'tmpfs' }] });
  t.not(problemsOf(() => plan(wrong)).length, 0);
  const found = aheadOf(wrong);
  t.equal(found.length, 1, 'something is wrong with the mounts');
  t.notOk(found[0]?.steps.some(({ step }) => step.startsWith('mount')));
  for (const rootfsPropagation of ['shared', 'rshared']) {
    t.same(aheadOf(specWith({ linux: { rootfsPropagation } })), [], 'a mount may stay on the host');
  }
  for (const rootfsPropagation of ['slave', 'rprivate', 'unbindable'])
    t.not(aheadOf(specWith({ linux: { rootfsPropagation } })).length, 0, rootfsPropagation);
  t.not(aheadOf(specWith()).length, 0);
});

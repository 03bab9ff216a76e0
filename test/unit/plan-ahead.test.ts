/** What init gets of a plan while the rest is planned: the beginning of the same plan, where nothing can come between. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load.js';
import type { Spec } from '../../src/config/spec.js';
import type { HostFacts } from '../../src/host-facts.js';
import type { PlanPart } from '../../src/plan/plan.js';
import { beginPlan, finishPlan, planRoot } from '../../src/plan/plan-container.js';
import { newOnes, plan, problemsOf, specWith } from './plan-helpers.js';
import { hybridRoot, options, unifiedRoot } from './plan-hosts.js';

const configs = join(process.cwd(), 'test/fixtures/configs');

const aheadOf = (spec: Spec, facts: HostFacts = unifiedRoot): PlanPart | undefined =>
  planRoot(beginPlan(spec, options, facts)).ahead;

t.test('it is how the whole plan begins, mounts and devices with it, and ends before any hook', async (t) => {
  let seen = 0;
  for (const name of readdirSync(configs).filter((file) => file.endsWith('.json'))) {
    for (const facts of [unifiedRoot, hybridRoot]) {
      const file = join(configs, name);
      const root = planRoot(beginPlan(loadConfig(readFileSync(file, 'utf8'), file).spec, options, facts));
      if (root.ahead === undefined || root.beginning.cgroup === undefined) continue;
      const { steps, slots } = root.ahead;
      const whole = finishPlan(root);
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
  t.equal(aheadOf(joined), undefined, 'a namespace is joined');
  const ids = [{ containerID: 0, hostID: 1000, size: 1 }];
  const owned = specWith({ linux: { namespaces: newOnes('mount', 'user'), uidMappings: ids, gidMappings: ids } });
  t.equal(aheadOf(owned), undefined, 'a user namespace waits for its maps');
  const mapped = {
    destination: '/a',
    type: 'bind',
    source: '/a',
    options: ['bind'],
    uidMappings: ids,
    gidMappings: ids,
  };
  t.equal(aheadOf(specWith({ mounts: [mapped] })), undefined, 'the number of a slot is not known yet');
  const wrong = specWith({ mounts: [{ destination: '/proc/1', type: 'tmpfs', source: 'tmpfs' }] });
  t.not(problemsOf(() => plan(wrong)).length, 0);
  t.equal(aheadOf(wrong), undefined, 'something is wrong');
  for (const rootfsPropagation of ['shared', 'rshared']) {
    t.equal(aheadOf(specWith({ linux: { rootfsPropagation } })), undefined, 'a mount may stay on the host');
  }
  for (const rootfsPropagation of ['slave', 'rprivate', 'unbindable'])
    t.ok(aheadOf(specWith({ linux: { rootfsPropagation } })), rootfsPropagation);
  t.ok(aheadOf(specWith()));
});

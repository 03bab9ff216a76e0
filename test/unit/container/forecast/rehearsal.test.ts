import { readdirSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { loadConfig } from '../../../../src/config/load.js';
import { canBeTried } from '../../../../src/container/forecast/file-systems.js';
import { type Rehearsal, rehearsalOf } from '../../../../src/container/forecast/rehearsal-steps.js';
import { Verdicts } from '../../../../src/container/forecast/verdict.js';
import { CLONE_NEWNS, CLONE_NEWUTS, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC } from '../../../../src/native/flags.js';
import type { HostFacts } from '../../../../src/plan/host-facts.js';
import type { ContainerPlan } from '../../../../src/plan/plan.js';
import { SyncEvent } from '../../../../src/plan/steps/protocol.js';
import { fakeNative } from '../../../helpers/fake-native.js';
import { newOnes, plan, specWith } from '../../../helpers/plan-helpers.js';
import { hybridRoot, rootlessUser, unifiedRoot } from '../../../helpers/plan-hosts.js';

const { native } = fakeNative();
const RDONLY = BigInt(MOUNT_ATTR_RDONLY);

const rehearsal = (made: ContainerPlan, facts: HostFacts = unifiedRoot): Rehearsal =>
  rehearsalOf(native, made, facts, new Verdicts());

/** What has to hold of every trial, so that it leaves no trace. */
function checkSafe(t: Test, made: ContainerPlan, facts: HostFacts): void {
  const { trials } = rehearsal(made, facts);
  let own = (made.cloneFlags & CLONE_NEWNS) !== 0;
  let isPrivate = false;
  trials.forEach(({ step }, index) => {
    if (step.step === 'unshare' && (step.flags & CLONE_NEWNS) !== 0) own = true;
    if (step.step === 'tree-propagation') {
      t.ok(own, 'in a mount namespace of its own');
      t.equal(step.flags, BigInt(MS_REC | MS_PRIVATE));
      isPrivate = true;
    }
    if (step.step === 'open-root') {
      t.ok(own && isPrivate, 'the root is opened where nobody sees it');
      t.match(trials[index + 1]?.step, { step: 'mount-attributes', target: '/', setAttributes: RDONLY, recursive: 1 });
    }
    if (step.step === 'mount-bind') {
      t.equal(step.setAttributes & RDONLY, RDONLY);
      if (step.recursive) t.equal(step.recursiveSet & RDONLY, RDONLY);
      t.equal((step.clearAttributes | step.recursiveClear) & RDONLY, 0n);
    }
    if (step.step === 'mount-attributes') t.equal(step.clearAttributes & RDONLY, 0n);
    if (step.step === 'mount-fs') t.ok(canBeTried(step, facts, true), step.type);
    if (step.step === 'sync') t.equal(step.event, SyncEvent.mapIds);
    t.notOk(
      ['hook', 'join-cgroup', 'seccomp', 'mount-reconfigure', 'exec', 'ready', 'wait-start'].includes(step.step),
      step.step,
    );
  });
}

t.test('no trial of a configuration of an engine leaves a trace', async (t) => {
  let count = 0;
  const directory = 'test/fixtures/configs';
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.json')))
    for (const facts of [unifiedRoot, hybridRoot, rootlessUser]) {
      let made: ContainerPlan;
      try {
        made = plan(loadConfig(readFileSync(`${directory}/${name}`, 'utf8'), name).spec, facts);
      } catch {
        continue;
      }
      checkSafe(t, made, facts);
      count++;
    }
  t.ok(count >= 10, `${count} plans`);
});

t.test('without a mount namespace of its own, or in that of others, the trial makes one', async (t) => {
  for (const namespaces of [newOnes('pid'), [{ type: 'mount' as const, path: '/proc/1/ns/mnt' }]]) {
    const made = plan(specWith({ linux: { namespaces } }));
    checkSafe(t, made, unifiedRoot);
    const { trials } = rehearsal(made);
    t.ok(trials.some(({ step, of }) => step.step === 'unshare' && step.flags === CLONE_NEWNS && of === undefined));
  }
});

t.test('what would change the namespaces of others is not tried', async (t) => {
  const join = (type: 'uts' | 'network') => ({ type, path: '/proc/1/ns/x' });
  const joined = specWith({
    linux: { namespaces: [...newOnes('mount'), join('uts'), join('network')], sysctl: { 'net.ipv4.ip_forward': '1' } },
    spec: { hostname: 'other' },
  });
  const names = rehearsal(plan(joined)).trials.map(({ step }) => step.step);
  t.notOk(names.includes('hostname'));
  t.notOk(names.includes('sysctl'));
  const own = specWith({ linux: { sysctl: { 'net.ipv4.ip_forward': '1' } }, spec: { hostname: 'other' } });
  const made = plan(own);
  t.ok(made.cloneFlags & CLONE_NEWUTS);
  const tried = rehearsal(made).trials.map(({ step }) => step.step);
  t.ok(tried.includes('hostname') && tried.includes('sysctl'));
});

t.test('which file systems are tried', async (t) => {
  const step = (type: string, ...parameters: string[]) => {
    const made = plan(specWith({ mounts: [{ destination: '/mnt', type, source: type, options: parameters }] }));
    const found = made.steps.find((one) => one.step === 'mount-fs');
    if (found?.step !== 'mount-fs') throw new Error('no mount');
    return found;
  };
  t.ok(canBeTried(step('tmpfs', 'size=1m'), unifiedRoot, false));
  t.ok(canBeTried(step('proc'), unifiedRoot, false));
  t.notOk(canBeTried(step('proc', 'hidepid=2'), unifiedRoot, false), "it would change the host's on an old kernel");
  t.ok(canBeTried(step('proc', 'hidepid=2'), unifiedRoot, true));
  t.notOk(canBeTried(step('debugfs', 'mode=777'), unifiedRoot, true), 'there is only one');
  for (const type of ['ext4', 'nfs', 'overlay', 'fuse', 'resctrl'])
    t.notOk(canBeTried(step(type), unifiedRoot, true), type);
});

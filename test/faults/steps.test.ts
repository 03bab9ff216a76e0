import t from 'tap';
import { stepTable } from '../../src/plan/steps/step-table.js';
import { needsCompiler } from '../helpers/compile.js';
import { Sandbox } from '../helpers/sandbox.js';
import { needsFile, skipIf, tsruncOnly } from '../helpers/when.js';
import { makePrograms } from './programs.js';
import { otherScenarios, runScenarios } from './scenarios.js';
import { Site } from './site.js';

const box = new Sandbox(t);

/** Why a step can't be tried on this machine. */
const missing: Record<string, string | false> = {
  'apparmor-profile': 'needs AppArmor',
  'selinux-label': 'needs SELinux',
  'join-cgroup': needsFile('/sys/fs/cgroup/memory/tasks', 'cgroup v1'),
};

t.test('each step of the table is tried', { skip: skipIf(needsCompiler(), tsruncOnly('explain')) }, async (t) => {
  const site = new Site(box, makePrograms(box.directory('programs')), []);
  const tried = new Set<string>();
  for (const { change, flags = [], steps = [] } of [...runScenarios, ...otherScenarios]) {
    for (const step of steps) tried.add(step);
    if (change === undefined) continue;
    site.renew(change);
    const { stdout } = await site.call(['explain', '--format', 'json', ...flags, '--bundle', site.bundle, site.id]);
    for (const { step } of JSON.parse(stdout).steps as { step: string }[]) tried.add(step);
  }
  const left = stepTable.map(({ name }) => name).filter((name) => !tried.has(name) && !missing[name]);
  t.same(left, [], 'a scenario of test/faults/scenarios.ts has to have it');
});

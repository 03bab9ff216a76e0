import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Test } from 'tap';
import type { Sandbox } from '../helpers/sandbox.js';
import type { Choice } from './choice.js';
import { judge } from './judge.js';
import { countCalls, describe, selection } from './points.js';
import { makePrograms } from './programs.js';
import type { Scenario } from './scenarios.js';
import { findCgroupPlaces, Site } from './site.js';
import type { Attempt, Stage } from './stages.js';

/** Tries points of scenarios: one test each, with the number of points. */
export class Sweep {
  private readonly workers: Site[];
  constructor(
    box: Sandbox,
    private readonly roles: readonly string[],
  ) {
    const programs = makePrograms(box.directory('programs'));
    const places = findCgroupPlaces(box);
    this.workers = cpus().map(() => new Site(box, programs, places));
  }

  /** How often each call is made, and what the container is without any fault. */
  private async watch(
    stage: Stage,
    site: Site,
  ): Promise<{ counts: ReturnType<typeof countCalls>; reference: Attempt }> {
    const reference = await stage.attempt(['--who', this.roles.join(',')]);
    const counts = countCalls(readFileSync(site.report, 'utf8'));
    return { counts, reference };
  }

  /** The calls of a scenario. */
  async calls(scenario: Scenario): Promise<Iterable<string>> {
    const [site] = this.workers;
    const stage = scenario.stage(site!);
    const { counts } = await this.watch(stage, site!);
    await stage.close();
    return counts.keys();
  }

  /** Tries all points that `choose` gives for the calls of a scenario. */
  async try(t: Test, scenario: Scenario, choose: Choice): Promise<void> {
    const stages = this.workers.map((site) => ({ site, stage: scenario.stage(site) }));
    const { stage, site } = stages[0]!;
    // The first one may find what no other does: folders that are made.
    await stage.attempt([]);
    const { counts, reference } = await this.watch(stage, site);
    t.equal(reference.status, 0, `${scenario.name}: ${reference.stderr}`);
    if (reference.status !== 0) return;
    const points = [...counts.values()].flatMap(({ call, count }) => choose(call, count));
    const missed: string[] = [];
    const work = async ({ stage, site }: { stage: Stage; site: Site }) => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        const attempt = await stage.attempt(selection(point));
        if (!readFileSync(site.report, 'utf8').includes('hit ')) missed.push(describe(point));
        const problem = judge(point, attempt, reference);
        if (problem === undefined) t.pass(describe(point));
        else t.fail(`${describe(point)}: ${problem}`);
      }
    };
    const all = points.length;
    await Promise.all(stages.map(work));
    await Promise.all(stages.map(({ stage }) => stage.close()));
    t.ok(
      missed.length <= Math.max(1, all / 20),
      `not reached of ${all} points of ${counts.size} calls: ${missed.join(', ')}`,
    );
    t.comment(`points tried: ${all}`);
  }
}

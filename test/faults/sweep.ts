import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Test } from 'tap';
import type { Sandbox } from '../helpers/sandbox.js';
import type { Choice } from './choice.js';
import { type Calls, callsOf, describe, type Point, selection } from './points.js';
import { makePrograms } from './programs.js';
import { findCgroupPlaces, Site } from './site.js';

/** More than there are CPUs: a command waits for the kernel half of its time, for namespaces that end. */
const WORKERS = 2 * cpus().length;

/** Makes and observes one thing again and again. */
export interface Trial<Result> {
  /** @param fault arguments of `fault` for the command that is tried. */
  attempt(fault: readonly string[]): Promise<Result>;
  close(): Promise<void>;
}

/** What is tried, and how it is judged. */
export interface Trying<Result> {
  readonly name: string;
  readonly stage: (site: Site) => Trial<Result>;
  /** The command's status without any fault: else 0. */
  readonly expected?: number;
  /** What is wrong with what came of a point, or undefined. */
  readonly judge: (point: Point, attempt: Result, reference: Result) => string | undefined;
}

/** Tries points of scenarios: one test each, with the number of points. */
export class Sweep {
  private readonly workers: Site[];
  constructor(
    box: Sandbox,
    private readonly roles: readonly string[],
  ) {
    const programs = makePrograms(box.directory('programs'));
    const places = findCgroupPlaces(box);
    this.workers = Array.from({ length: WORKERS }, () => new Site(box, programs, places));
  }

  /** What each call is, and what comes of it all without any fault. */
  private async watch<Result>(
    stage: Trial<Result>,
    site: Site,
  ): Promise<{ calls: Map<string, Calls>; reference: Result }> {
    const reference = await stage.attempt(['--who', this.roles.join(',')]);
    return { calls: callsOf(readFileSync(site.report, 'utf8')), reference };
  }

  /** The calls of a scenario, by kind. */
  async calls<Result>(scenario: Pick<Trying<Result>, 'stage'>): Promise<Map<string, Calls>> {
    const [site] = this.workers;
    const stage = scenario.stage(site!);
    const { calls } = await this.watch(stage, site!);
    await stage.close();
    return calls;
  }

  /** Tries all points that `choose` gives for the calls of a scenario. */
  async try<Result extends { status: number | null; stderr: string }>(
    t: Test,
    trying: Trying<Result>,
    choose: Choice,
  ): Promise<void> {
    const trials = this.workers.map((site) => ({ site, stage: trying.stage(site) }));
    try {
      await this.tryIn(t, trials, trying, choose);
    } finally {
      await Promise.all(trials.map(({ stage }) => stage.close()));
    }
  }

  private async tryIn<Result extends { status: number | null; stderr: string }>(
    t: Test,
    trials: { site: Site; stage: Trial<Result> }[],
    { name, expected = 0, judge }: Trying<Result>,
    choose: Choice,
  ): Promise<void> {
    const { stage, site } = trials[0]!;
    // The first one may find what no other does: directories that are made.
    await stage.attempt([]);
    const { calls, reference } = await this.watch(stage, site);
    t.equal(reference.status, expected, `${name}: ${reference.stderr}`);
    if (reference.status !== expected) return;
    const points = [...calls.values()].flatMap(choose);
    const all = points.length;
    const missed: string[] = [];
    const began = Date.now();
    const work = async ({ stage, site }: { stage: Trial<Result>; site: Site }) => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        try {
          let hit = false;
          for (let tries = 5; tries > 0 && !hit; tries--) {
            const attempt = await stage.attempt(selection(point));
            hit = readFileSync(site.report, 'utf8').includes('hit ');
            const problem = judge(point, attempt, reference);
            if (problem !== undefined) t.fail(`${describe(point)}: ${problem}`);
          }
          if (!hit) missed.push(describe(point));
        } catch (error) {
          t.fail(`${describe(point)}: ${error}`);
        }
      }
    };
    await Promise.all(trials.map(work));
    // What threads do, and how often something is waited for, isn't the same each time: some are reached in one of several tries.
    t.ok(missed.length <= Math.max(5, all / 20), `not reached of ${all} points: ${missed.join(', ')}`);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    t.comment(`points tried: ${all} (${name}: ${calls.size} kinds of calls, ${seconds} s)`);
  }
}

import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { lives } from '../helpers/lives.js';
import { bringAbout, dead, type TriedCommand } from './commands.js';
import type { Site } from './site.js';
import type { Trial } from './sweep.js';

/** What came of a command. */
export interface Outcome {
  /** null: killed by a signal; 124: it didn't end. */
  readonly status: number | null;
  readonly stderr: string;
  readonly stdout: string;
  /** Status of the container; 'none' when there is none. */
  readonly became: string;
  /** Of the container, before anything was removed. */
  readonly left: readonly string[];
  /** Of a command that says it has done its work. */
  readonly missing: string | undefined;
  /** What `delete --force` said, and what was there after it all the same. */
  readonly removal: readonly string[];
  /** What became of another container. */
  readonly other: readonly string[];
}

/** A command on a container that is made anew each time, with another container beside it. */
export function commandTrial(site: Site, command: TriedCommand): Trial<Outcome> {
  const other = new Bystander(site);
  return {
    async attempt(fault) {
      await other.ready();
      site.renew((config) => {
        config.process.args = ['/probe', '--wait'];
        command.change?.(config, site);
      });
      site.pid = await bringAbout(site, command.before);
      await command.prepare?.(site);
      // A file of its own: what an exec that was killed has started may write to it still.
      const out = join(site.directory, 'tried');
      const options = { fault, also: ['--children'], out, ...(command.env && { env: command.env(site) }) };
      const { status, stdout, stderr } = await site.call(command.args(site), options);
      const children = pidsIn(site.report);
      let became = await statusOf(site);
      // A signal is sent when kill returns; its effect takes a moment.
      if (command.after === 'stopped' && status === 0 && became !== 'stopped' && (await dead(site.pid)))
        became = await statusOf(site);
      const left = [...site.left(), ...children.filter(lives).map((pid) => `process ${pid}`)];
      const missing = status === (command.status ?? 0) ? command.missing?.(site) : undefined;
      const removal = await removeAll(site, [...children, site.pid]);
      return { status, stdout: normal(site, stdout), stderr, became, left, missing, removal, other: other.changes() };
    },
    close: () => other.end(),
  };
}

/** Without what differs between two containers of one kind. */
const normal = (site: Site, text: string): string =>
  site
    .normal(text)
    .replaceAll(String(site.pid), 'PID')
    .replace(/"created": ?"[^"]*"/g, 'CREATED');

const pidsIn = (report: string): number[] =>
  existsSync(report) ? [...readFileSync(report, 'utf8').matchAll(/^child (\d+)/gm)].map(([, pid]) => Number(pid)) : [];

async function statusOf(site: Site): Promise<string> {
  const { status, stdout, stderr } = await site.call(['state', site.id]);
  if (status !== 0) return /does not exist/.test(stderr) ? 'none' : stderr;
  const { pid, status: name } = JSON.parse(stdout) as { pid: number; status: string };
  if (pid > 0) site.pid = pid;
  return name;
}

/** `delete --force`: it works, and nothing is there afterwards. */
async function removeAll(site: Site, pids: readonly number[]): Promise<string[]> {
  const { status, stderr } = await site.call(['delete', '--force', site.id]);
  const wrong = status === 0 ? [] : [`delete --force: ${stderr}`];
  for (const pid of pids) if (pid > 0 && !(await dead(pid))) wrong.push(`process ${pid}`);
  const directories = readdirSync(site.box.root).filter((name) => name.startsWith('.') || name.includes('tmp'));
  wrong.push(...site.left(), ...directories);
  // Or each of the next would have it too.
  for (const group of site.groups()) rmdirSync(group);
  return wrong;
}

/** Another container, which nothing may touch. */
class Bystander {
  private pid = 0;
  private was = '';
  private readonly id: string;
  constructor(private readonly site: Site) {
    this.id = site.box.id('other');
  }

  async ready(): Promise<void> {
    if (this.pid !== 0) return;
    const { site } = this;
    const id = site.id;
    site.renew((config) => (config.process.args = ['/probe', '--wait']));
    const pidFile = join(site.directory, 'other-pid');
    const ended = await site.call(['run', '--detach', '--bundle', site.bundle, '--pid-file', pidFile, this.id]);
    if (ended.status !== 0) throw new Error(`${id}: ${ended.stderr}`);
    this.pid = Number(readFileSync(pidFile, 'utf8'));
    this.was = this.look();
  }

  private look(): string {
    if (!lives(this.pid)) return 'it is dead';
    const state = readFileSync(join(this.site.box.root, this.id, 'state.json'), 'utf8');
    const groups = this.site.groups(this.id).map((path) => `${path} ${settings(path)}`);
    return [state, readFileSync(`/proc/${this.pid}/cgroup`, 'utf8'), ...groups].join('\n');
  }

  changes(): string[] {
    const now = this.look();
    return now === this.was ? [] : [`the other container was: ${this.was}\nis: ${now}`];
  }

  async end(): Promise<void> {
    if (this.pid !== 0) await this.site.call(['delete', '--force', this.id]);
    this.pid = 0;
  }
}

/** What a command may change of a cgroup. */
function settings(group: string): string {
  return ['freezer.state', 'cgroup.freeze', 'pids.max', 'memory.limit_in_bytes', 'memory.max', 'cgroup.procs']
    .map((name) => join(group, name))
    .filter(existsSync)
    .map((path) => readFileSync(path, 'utf8').trim())
    .join(' ');
}

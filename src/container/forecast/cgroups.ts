/** What is foretold of the container's cgroups: whether they can be made, and which limits they take. */
import { TsruncError } from '../../base/error.js';
import type { CgroupOperation, CgroupWrite } from '../../cgroup/plan/cgroup-plan.js';
import { directoryProcesses } from '../../cgroup/processes.js';
import { wordsOf } from '../../cgroup/stat-file.js';
import { mostNumbers, parseList } from '../../config/cpu-list.js';
import { CGROUP2_SUPER_MAGIC } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { type HostFacts, isHostRoot } from '../../plan/host-facts.js';
import type { ContainerPlan } from '../../plan/plan.js';
import { SyncEvent } from '../../plan/steps/protocol.js';
import { isReadonlyMount, may, runtimeIdentity, WRITE } from './host-rights.js';
import { existingAbove } from './resolve-path.js';
import { fails, unknown, type Verdict, type Verdicts, WORKS } from './verdict.js';

/** How many cgroups beside the container's are looked at for a file that the topmost ones don't have. */
const MOST_NEIGHBOURS = 16;
const LIMIT = 1 << 16;

/** Foretells every operation of a plan on cgroups, and that init can be put into them. */
export function foretellCgroups(native: Native, plan: ContainerPlan, facts: HostFacts, verdicts: Verdicts): void {
  const { cgroup } = plan;
  const operations = [...cgroup.operations, ...(cgroup.delegate?.make ?? []), ...(cgroup.delegate?.operations ?? [])];
  let worst = WORKS;
  for (const operation of operations) {
    const verdict = foretell(native, operation, facts, plan);
    verdicts.set(operation, verdict);
    if (operation.op === 'make' && verdict.outcome !== 'works') worst = verdict;
  }
  const inside = worst.outcome === 'works' ? WORKS : unknown('it depends on the cgroup, which may not be made');
  verdicts.set(cgroup, inside);
  verdicts.set('delegate', inside);
  // systemd was asked for its version while the plan was made, so it answers.
  if (cgroup.systemd !== undefined) verdicts.set(cgroup.systemd, WORKS);
  for (const step of plan.steps) {
    const isAbout = step.step === 'join-cgroup' || (step.step === 'sync' && step.event === SyncEvent.delegateCgroup);
    if (isAbout) verdicts.set(step, inside);
  }
}

function foretell(native: Native, operation: CgroupOperation, facts: HostFacts, plan: ContainerPlan): Verdict {
  try {
    switch (operation.op) {
      case 'make':
        return foretellMake(native, operation.path, facts);
      case 'enable':
        return foretellEnable(native, operation);
      case 'write':
        return foretellWrite(native, operation, plan);
      default:
        return WORKS;
    }
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return unknown(error.message);
  }
}

const above = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

function foretellMake(native: Native, path: string, facts: HostFacts): Verdict {
  const at = existingAbove(native, path);
  if (at === path) {
    const pids = directoryProcesses(native, path);
    return pids.length === 0 ? WORKS : unknown(`${path} exists, and has processes`);
  }
  if (isReadonlyMount(native, at)) return fails(`${at} is mounted read-only`);
  const stat = native.stat(at, true);
  const owns = isHostRoot(facts) || (stat !== null && may(runtimeIdentity(native), stat, WRITE));
  return owns ? WORKS : fails(`${at} belongs to another user: no cgroup was delegated to this one`);
}

/** The controllers that can be enabled below a v2 cgroup, or that one will have which is made in the same place. */
function controllersAt(native: Native, path: string): string[] {
  return wordsOf(native.readFileIfExists(`${existingAbove(native, path)}/cgroup.controllers`, LIMIT) ?? '');
}

function foretellEnable(native: Native, { path, needed }: Extract<CgroupOperation, { op: 'enable' }>): Verdict {
  const has = controllersAt(native, path);
  const lacking = Object.keys(needed).find((name) => !has.includes(name));
  if (lacking !== undefined)
    return fails(`${existingAbove(native, path)} has no controller ${lacking}`, needed[lacking]);
  if (native.stat(path, true) === null) return WORKS;
  const enabled = wordsOf(native.readFileIfExists(`${path}/cgroup.subtree_control`, LIMIT) ?? '');
  const missing = Object.keys(needed).find((name) => !enabled.includes(name));
  if (missing === undefined) return WORKS;
  const isRoot = native.stat(`${path}/cgroup.type`, true) === null;
  if (isRoot || directoryProcesses(native, path).length === 0) return WORKS;
  return fails(`${missing} can't be enabled in ${path}: that cgroup has processes of its own`, needed[missing]);
}

function foretellWrite(native: Native, operation: CgroupWrite, plan: ContainerPlan): Verdict {
  const { path, value, ifMissing = 'error', fallback, pointer } = operation;
  const file = path.slice(path.lastIndexOf('/') + 1);
  const there = hasFile(native, above(path), file, plan);
  if (
    there === false &&
    !(fallback && hasFile(native, above(fallback.path), fallback.path.slice(above(fallback.path).length + 1), plan))
  ) {
    if (ifMissing === 'error') return fails(`this kernel has no ${file} for a cgroup`, pointer);
    return ifMissing === 'no-swap' ? unknown(`this kernel has no ${file}; without swap that is fine`) : WORKS;
  }
  if (there === undefined) return unknown(`no cgroup here shows whether this kernel has ${file}`);
  if (/^cpuset\.(cpus|mems)$/.test(file)) return foretellSet(native, operation, file);
  const device = /^(\d+:\d+) /.exec(value)?.[1];
  if (device !== undefined && /^(io|blkio)\./.test(file) && native.stat(`/sys/dev/block/${device}`, true) === null)
    return fails(`there is no block device ${device}`, pointer);
  if (/^cpu\.rt_/.test(file)) return unknown('the kernel takes it only as far as the cgroups above have time to give');
  return WORKS;
}

/** These are in every cgroup of v2. */
const always = /^cgroup\.(procs|threads|type|freeze|kill|max\.(depth|descendants)|subtree_control)$/;
/** The files that a controller has had since it is there, and that the topmost cgroup lacks. */
const usual = /^(pids\.max|freezer\.state|memory\.(max|high|low|min)|cpu\.(max|weight)|io\.max|cpuset\.(cpus|mems))$/;

/** Whether the cgroup `directory` will have a file; undefined if nothing here shows it. */
function hasFile(native: Native, directory: string, file: string, plan: ContainerPlan): boolean | undefined {
  const at = existingAbove(native, directory);
  const isV2 = native.fsType(at) === CGROUP2_SUPER_MAGIC;
  if (always.test(file) || native.stat(`${at}/${file}`, true) !== null) return true;
  const controller = file.slice(0, file.indexOf('.'));
  if (isV2) {
    const has = [
      ...controllersAt(native, at),
      ...plan.cgroup.operations.flatMap((one) => (one.op === 'enable' ? one.controllers : [])),
    ];
    if (!has.includes(controller) && controller !== 'cgroup') return false;
  }
  if (usual.test(file)) return true;
  const neighbours = native
    .readDir(at)
    .filter((name) => native.stat(`${at}/${name}/cgroup.procs`, true) !== null)
    .slice(0, MOST_NEIGHBOURS)
    .map((name) => `${at}/${name}`);
  if (neighbours.some((one) => native.stat(`${one}/${file}`, true) !== null)) return true;
  const shows = neighbours.some((one) => native.readDir(one).some((name) => name.startsWith(`${controller}.`)));
  // Files of v1 are in its topmost cgroup too, but for a few.
  return shows || !isV2 ? false : undefined;
}

function foretellSet(native: Native, { path, value, pointer }: CgroupWrite, file: string): Verdict {
  const at = existingAbove(native, above(path));
  const text = ['.effective', '']
    .map(
      (end) =>
        native.readFileIfExists(`${at}/${file.replace('cpuset.', 'cpuset.effective_')}${end}`, LIMIT) ??
        native.readFileIfExists(`${at}/${file}${end}`, LIMIT) ??
        '',
    )
    .find((one) => one.trim() !== '');
  const has = text === undefined ? undefined : parseList(text.trim(), mostNumbers);
  const wanted = parseList(value, mostNumbers);
  if (has === undefined || wanted === undefined) return unknown('what the cgroup above has can not be read');
  if (wanted.every((number) => has.includes(number))) return WORKS;
  return fails(`${at} has only ${text?.trim()}`, pointer);
}

/** Claims cgroups for a container: marks them as its own, and refuses cgroups that belong to another container. */
import { ENODEV, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { LOCK_EX, O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { destroyCgroup } from '../destroy.js';
import { refuseForeignCgroup } from './foreign.js';
import { holderExists, placeOf } from './holder.js';
import { clearMark, type Mark, type MarkResult, readMark, replaceMark, setMark } from './mark.js';

/** The claim of one container on its cgroups (mark.ts), made before the container is started. */
export class Claim {
  /** Set to false when the kernel accepts no mark: then only state.json says whose the cgroups are. */
  works = true;
  /**
   * DEV:INO (placeOf) by path, of the directories that were made and bear only a weak mark: a container that owns the
   * directory could remove that mark. Empty when the runtime is root on the host.
   */
  readonly weak: Record<string, string> = {};
  private readonly found: string[] = [];

  /**
   * @param directories the container's own directories
   * @param holder holderText of the container
   * @param heldBy takes the holder in a mark and describes it (`the container a, which is running`) if it still uses
   * its cgroups; undefined for one that is stopped or gone
   */
  constructor(
    private readonly native: Native,
    private readonly directories: readonly string[],
    private readonly holder: string,
    private readonly heldBy: (holder: string) => string | undefined,
  ) {}

  /**
   * Marks a directory that was just made.
   * @returns false when another container marked it first
   * @throws TsruncError 'system', with ENOENT or ENODEV when it is gone again
   */
  takeMade(directory: string): boolean {
    if (!this.works) return true;
    const kind = this.directories.includes(directory) ? 'made' : 'above';
    const result = setMark(this.native, directory, { kind, holder: this.holder });
    if (result !== 'taken') {
      this.note(directory, result);
      return true;
    }
    // The other container believes that the directory existed before: change its mark so that it removes it too.
    const other = readMark(this.native, directory);
    if (other?.kind === 'found') replaceMark(this.native, directory, { ...other, kind: 'made' });
    return false;
  }

  /** Whether another container has marked a directory; false when its mark can't be read. */
  isOthers(directory: string): boolean {
    try {
      const mark = readMark(this.native, directory);
      return mark !== undefined && mark.holder !== this.holder;
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      return false;
    }
  }

  /**
   * Claims a directory that existed before, if no processes are in it and no container that isn't stopped holds it.
   * @param key of the directory in CgroupPlan.paths
   * @returns false when it was removed and has to be made again: one that was made for an earlier container may still
   * have its limits
   * @throws TsruncError 'config' when it belongs to someone else
   */
  takeFound(key: string, directory: string): boolean {
    const { native, holder } = this;
    if (this.found.includes(directory)) return true;
    refuseForeignCgroup(native, { [key]: directory });
    if (!this.works) return true;
    const result = setMark(native, directory, { kind: 'found', holder });
    if (result === 'taken') return this.takeOver(key, directory);
    if (result === 'impossible') this.works = false;
    else this.found.push(directory);
    return true;
  }

  /**
   * Claims the directory of a systemd unit that was just started: our process is in it already, and no other was before.
   * @throws TsruncError 'config' when a container that isn't stopped holds it
   */
  takeEntered(directory: string): void {
    if (!this.works) return;
    const { native, holder } = this;
    const result = setMark(native, directory, { kind: 'made', holder });
    if (result === 'taken') this.refuseHeld(directory, readMark(native, directory));
    this.note(directory, result === 'taken' ? replaceMark(native, directory, { kind: 'made', holder }) : result);
  }

  /**
   * Undoes a claim that failed halfway: takes the marks off directories that existed before. The caller removes those
   * that were made.
   */
  release(): void {
    for (const directory of this.found.splice(0))
      try {
        clearMark(this.native, directory);
      } catch (error) {
        if (!isErrno(error, ENOENT, ENODEV)) throw error;
      }
  }

  /**
   * Takes over the cgroup of a stopped container. The directory is locked (flock) meanwhile, so that whoever wants it
   * next sees the new mark or a new directory. A directory that was made for the other container is removed: it has
   * that container's limits, and after a write to cgroup.kill some kernels (6.18, for example) kill every process that
   * clone3 starts in it.
   * @returns as takeFound
   */
  private takeOver(key: string, directory: string): boolean {
    const { native, holder } = this;
    const fd = native.open(directory, O_RDONLY | O_DIRECTORY, 0);
    try {
      native.flock(fd, LOCK_EX);
      const mark = readMark(native, directory);
      this.refuseHeld(directory, mark);
      // The stopped container's owner may have started a process in it meanwhile.
      refuseForeignCgroup(native, { [key]: directory });
      if (mark !== undefined && mark.kind !== 'found' && this.removes(key, directory, mark.trusted)) return false;
      if (replaceMark(native, directory, { kind: mark?.kind === 'made' ? 'made' : 'found', holder }) === 'impossible')
        this.works = false;
      else this.found.push(directory);
      return true;
    } finally {
      native.close(fd);
    }
  }

  private note(directory: string, result: Exclude<MarkResult, 'taken'>): void {
    if (result === 'impossible') this.works = false;
    const stat = result === 'weak' ? this.native.stat(directory, false) : null;
    if (stat !== null) this.weak[directory] = placeOf(stat);
  }

  /**
   * Removes a cgroup; false when it stays because other containers have cgroups below.
   * @param trusted whether its own mark is trusted: then only trusted marks below count, as the container that had it
   * may have forged weaker ones
   */
  private removes(key: string, directory: string, trusted: boolean): boolean {
    const { native } = this;
    const isForeign = (below: string) => {
      const mark = readMark(native, below, trusted);
      return mark !== undefined && holderExists(native, mark.holder);
    };
    return destroyCgroup(native, { [key]: directory }, undefined, { isForeign }).length === 0;
  }

  private refuseHeld(directory: string, mark: Mark | undefined): void {
    const by = mark === undefined || mark.holder === this.holder ? undefined : this.heldBy(mark.holder);
    if (by !== undefined)
      throw new TsruncError('config', `the cgroup ${directory} is the one of ${by}`, {
        pointer: '/linux/cgroupsPath',
        path: directory,
        hint: 'give each container a cgroupsPath of its own',
      });
  }
}

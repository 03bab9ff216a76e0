/** Taking cgroups for a container: the marks that say so, and whose they must not be. */
import { ENODEV, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { LOCK_EX, O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { destroyCgroup } from '../destroy.js';
import { refuseForeignCgroup } from './foreign.js';
import { holderExists, placeOf } from './holder.js';
import { clearMark, type Mark, type MarkResult, readMark, replaceMark, setMark } from './mark.js';

export class Claim {
  /** False once the kernel took no mark: then nothing but state.json says whose the cgroups are. */
  works = true;
  /**
   * DEV:INO of folders that were made, by their paths: of those whose mark the container could take off, being the owner of the
   * folder. Empty for root of the host.
   */
  readonly weak: Record<string, string> = {};
  private readonly found: string[] = [];

  /**
   * @param folders the container's own
   * @param holder holderText of the container
   * @param heldBy says who a holder is that hasn't let go of its cgroups (`the container a, which is running`); undefined for one that
   *   has, being stopped or gone
   */
  constructor(
    private readonly native: Native,
    private readonly folders: readonly string[],
    private readonly holder: string,
    private readonly heldBy: (holder: string) => string | undefined,
  ) {}

  /** Marks a folder that was just made. @returns false when another container took it in that moment. */
  takeMade(folder: string): boolean {
    if (!this.works) return true;
    const kind = this.folders.includes(folder) ? 'made' : 'above';
    const result = setMark(this.native, folder, { kind, holder: this.holder });
    if (result !== 'taken') {
      this.note(folder, result);
      return true;
    }
    // It goes with the other then, who believes that it was there before.
    const other = readMark(this.native, folder);
    if (other?.kind === 'found') replaceMark(this.native, folder, { ...other, kind: 'made' });
    return false;
  }

  /** Whether another container has taken a folder; false where that can't be told. */
  isOthers(folder: string): boolean {
    try {
      const mark = readMark(this.native, folder);
      return mark !== undefined && mark.holder !== this.holder;
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      return false;
    }
  }

  /**
   * Takes a folder that was there before, if nobody has processes in it and no container holds it that isn't stopped.
   * @returns false when it was removed, to be made anew: what was made for a container has its limits
   * @throws TsruncError 'config' when it is another's
   */
  takeFound(key: string, folder: string): boolean {
    const { native, holder } = this;
    if (this.found.includes(folder)) return true;
    refuseForeignCgroup(native, { [key]: folder });
    if (!this.works) return true;
    const result = setMark(native, folder, { kind: 'found', holder });
    if (result === 'taken') return this.takeOver(key, folder);
    if (result === 'impossible') this.works = false;
    else this.found.push(folder);
    return true;
  }

  /**
   * Takes a folder that our process is in, which nobody else had one in: that of a unit that was just started.
   * @throws TsruncError 'config' when a container holds it that isn't stopped
   */
  takeEntered(folder: string): void {
    if (!this.works) return;
    const { native, holder } = this;
    const result = setMark(native, folder, { kind: 'made', holder });
    if (result === 'taken') this.refuseHeld(folder, readMark(native, folder));
    this.note(folder, result === 'taken' ? replaceMark(native, folder, { kind: 'made', holder }) : result);
  }

  /** Gives up what was found; what was made is the caller's to remove. For a claim that failed in the middle. */
  release(): void {
    for (const folder of this.found.splice(0))
      try {
        clearMark(this.native, folder);
      } catch (error) {
        if (!isErrno(error, ENOENT, ENODEV)) throw error;
      }
  }

  /**
   * Whoever takes a cgroup over from a stopped container locks it meanwhile: the next one sees the new mark, or another folder. (A cgroup
   * that cgroup.kill was written to has another fault than its limits: some kernels, 6.18 for one, kill all that clone3 puts there.)
   */
  private takeOver(key: string, folder: string): boolean {
    const { native, holder } = this;
    const fd = native.open(folder, O_RDONLY | O_DIRECTORY, 0);
    try {
      native.flock(fd, LOCK_EX);
      const mark = readMark(native, folder);
      this.refuseHeld(folder, mark);
      // It may have started a process in it while we asked.
      refuseForeignCgroup(native, { [key]: folder });
      if (mark !== undefined && mark.kind !== 'found' && this.removes(key, folder, mark.trusted)) return false;
      if (replaceMark(native, folder, { kind: mark?.kind === 'made' ? 'made' : 'found', holder }) === 'impossible')
        this.works = false;
      else this.found.push(folder);
      return true;
    } finally {
      native.close(fd);
    }
  }

  private note(folder: string, result: Exclude<MarkResult, 'taken'>): void {
    if (result === 'impossible') this.works = false;
    const stat = result === 'weak' ? this.native.stat(folder, false) : null;
    if (stat !== null) this.weak[folder] = placeOf(stat);
  }

  /**
   * False when it can't be removed, as other containers have cgroups below.
   * @param trusted its own mark: weaker ones below it may be forged by the container that had it
   */
  private removes(key: string, folder: string, trusted: boolean): boolean {
    const { native } = this;
    const isForeign = (below: string) => {
      const mark = readMark(native, below, trusted);
      return mark !== undefined && holderExists(native, mark.holder);
    };
    return destroyCgroup(native, { [key]: folder }, undefined, { isForeign }).length === 0;
  }

  private refuseHeld(folder: string, mark: Mark | undefined): void {
    const by = mark === undefined || mark.holder === this.holder ? undefined : this.heldBy(mark.holder);
    if (by !== undefined)
      throw new TsruncError('config', `the cgroup ${folder} is the one of ${by}`, {
        pointer: '/linux/cgroupsPath',
        path: folder,
        hint: 'give each container a cgroupsPath of its own',
      });
  }
}

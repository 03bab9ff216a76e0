/** OciRuntime: the command line of a runtime as methods. */
import { existsSync } from 'node:fs';
import { writeJson } from '../../config/json/json-write.js';
import type { Process, Resources, Spec } from '../../config/spec.js';
import type { Features } from '../types/features.js';
import type { State } from '../types/state.js';
import type { ContainerStats } from '../types/stats.js';
import type { AbortOptions } from './abort.js';
import type { ContainerEvent, ListedContainer, RuntimeVersion } from './answers/answers.js';
import { checkAnswer } from './answers/check-answer.js';
import { parseVersion } from './answers/version.js';
import { checkpointArguments, criuArguments, execArguments, idWord, makeArguments } from './arguments.js';
import { type Bundle, bundleOf, processWithTerminal } from './bundle.js';
import { type OciRuntimeOptions, type Settings, settingsOf } from './client-settings.js';
import type { ContainerProcess, ForegroundOptions } from './container-process.js';
import { type DetachedOptions, type DetachedProcess, startDetached } from './detached.js';
import { ForegroundProcess } from './foreground-process.js';
import type {
  CheckpointOptions,
  CreateOptions,
  DeleteOptions,
  DetachedExecOptions,
  DetachedRestoreOptions,
  DetachedRunOptions,
  EventsOptions,
  ExecCommonOptions,
  ExecOptions,
  ExecSettings,
  KillOptions,
  MakeOptions,
  RestoreOptions,
  RunOptions,
} from './options.js';
import { perform } from './perform.js';
import { removeUnfinished } from './remove-unfinished.js';
import { RuntimeError } from './runtime-error.js';
import { Scratch } from './scratch.js';
import { numberOfSignal } from './signals.js';
import { watchEvents } from './watch-events.js';

/**
 * An OCI runtime, by its command line: tsrunc, runc, crun, youki or another that takes the same commands. Each operation is one process
 * of it; any number may be at work at once. Nothing of this program is changed: it gets no signal handler, and no children but the
 * runtime's processes.
 *
 * Operations reject with a RuntimeError when the runtime fails, with the reason of the AbortSignal when they are aborted, and with a
 * TypeError for arguments that can't be meant.
 */
export class OciRuntime {
  readonly #settings: Settings;
  /** Temporary bundles of containers that are there. */
  readonly #bundles = new Map<string, Bundle>();

  /** @throws RuntimeError 'usage' for options that can't be meant; 'unsupported' when there is no tsrunc for this machine */
  constructor(options: OciRuntimeOptions = {}) {
    this.#settings = settingsOf(options);
  }

  /**
   * Makes a container. Its process waits for `start`.
   * @param id its name among the containers of `root`
   * @param source directory of the bundle, or the configuration
   * @returns the process; wait for its end by `wait()`, best called before `start`
   */
  async create(id: string, source: string | Spec, options: CreateOptions = {}): Promise<DetachedProcess> {
    return this.#detached('create', id, source, options, makeArguments(options));
  }

  /** Starts the program of a created container. */
  async start(id: string, options: AbortOptions = {}): Promise<void> {
    await this.#do(['start', idWord(id)], options);
  }

  /**
   * Makes a container, runs its process to the end, and deletes it. The runtime stays in the foreground for that: it alone, being the
   * parent of the process, gets to know how it ends.
   * @param id its name among the containers of `root`
   * @param source directory of the bundle, or the configuration
   * @returns the process, which is at the same time the promise of its result
   */
  run(id: string, source: string | Spec, options: DetachedRunOptions): Promise<DetachedProcess>;
  run(id: string, source: string | Spec, options?: RunOptions): ContainerProcess;
  run(
    id: string,
    source: string | Spec,
    options: RunOptions | DetachedRunOptions = {},
  ): ContainerProcess | Promise<DetachedProcess> {
    if (options.detach) return this.#detached('run', id, source, options, ['--detach', ...makeArguments(options)]);
    const keep = options.keep ? ['--keep'] : [];
    return this.#foreground('run', id, source, options, [...keep, ...makeArguments(options)], !options.keep);
  }

  /**
   * Runs a process in a container.
   * @param process the program and its arguments; or a whole process as in a configuration, for which the options about the process
   *   itself (`cwd`, `env`, `user` …) are not allowed
   * @returns the process, which is at the same time the promise of its result
   */
  exec(id: string, process: readonly string[] | Process, options: DetachedExecOptions): Promise<DetachedProcess>;
  exec(id: string, process: readonly string[] | Process, options?: ExecOptions): ContainerProcess;
  exec(
    id: string,
    process: readonly string[] | Process,
    options: ExecOptions | DetachedExecOptions = {},
  ): ContainerProcess | Promise<DetachedProcess> {
    if (options.detach) return this.#execDetached(id, process, options);
    const { preserveFds: preserved = [] } = options;
    return new ForegroundProcess(this.#settings, options, () => {
      const { words, scratches } = execWords(id, process, options);
      return {
        launch: {
          name: 'exec',
          args: (fd) => ['exec', ...preserve(preserved), ...words(fd)],
          preserved,
          scratches,
        },
        cleanUp: async () => {},
        done: () => closeAll(scratches),
      };
    });
  }

  async #execDetached(
    id: string,
    process: readonly string[] | Process,
    options: DetachedExecOptions,
  ): Promise<DetachedProcess> {
    const { words, scratches } = execWords(id, process, options);
    try {
      return await startDetached(this.#settings, {
        name: 'exec',
        args: (fd) => ['--detach', ...words(fd)],
        scratches,
        options,
        cleanUp: async () => {},
      });
    } finally {
      closeAll(scratches);
    }
  }

  /**
   * Sends a signal to the first process of a container.
   * @param signal a name such as `TERM` or `SIGKILL`, or a number; `SIGTERM` if left out
   */
  async kill(id: string, signal: string | number = 'SIGTERM', options: KillOptions = {}): Promise<void> {
    await this.#do(['kill', ...(options.all ? ['--all'] : []), idWord(id), String(numberOfSignal(signal))], options);
  }

  /** Removes a container that is stopped. */
  async delete(id: string, options: DeleteOptions = {}): Promise<void> {
    await this.#do(['delete', ...(options.force ? ['--force'] : []), idWord(id)], options);
    this.#removeBundle(id);
  }

  /** The state of a container. @throws RuntimeError 'not-found' */
  async state(id: string, options: AbortOptions = {}): Promise<State> {
    const { stdout, argv } = await this.#do(['state', idWord(id)], options);
    return checkAnswer('state', stdout, argv);
  }

  /** The containers of `root`; none where that doesn't exist. */
  async list(options: AbortOptions = {}): Promise<ListedContainer[]> {
    const { root } = this.#settings;
    options.signal?.throwIfAborted();
    if (root !== undefined && !existsSync(root)) return [];
    const { stdout, argv } = await this.#do(['list', '--format', 'json'], options);
    return checkAnswer('list', stdout.trim() || 'null', argv);
  }

  /** The pids of the processes of a container, as the host sees them. */
  async ps(id: string, options: AbortOptions = {}): Promise<number[]> {
    const { stdout, argv } = await this.#do(['ps', '--format', 'json', idWord(id)], options);
    return checkAnswer('pids', stdout, argv);
  }

  /** Stops every process of a container, until `resume`. */
  async pause(id: string, options: AbortOptions = {}): Promise<void> {
    await this.#do(['pause', idWord(id)], options);
  }

  /** Lets the processes of a paused container go on. */
  async resume(id: string, options: AbortOptions = {}): Promise<void> {
    await this.#do(['resume', idWord(id)], options);
  }

  /**
   * Changes limits of a container.
   * @param resources what changes, as `linux.resources` of a configuration has it
   */
  async update(id: string, resources: Resources, options: AbortOptions = {}): Promise<void> {
    await perform(this.#settings, {
      args: ['update', idWord(id)],
      file: { option: '--resources', text: writeJson(resources) },
      signal: options.signal,
    });
  }

  /** The statistics of a container at this moment. @throws RuntimeError 'unsupported' of a runtime that has none, such as crun */
  async stats(id: string, options: AbortOptions = {}): Promise<ContainerStats> {
    const { stdout, argv } = await this.#do(['events', '--stats', idWord(id)], options);
    const event = await checkAnswer('event', stdout, argv);
    if (event.type === 'stats') return event.data;
    throw new RuntimeError(`${argv[0]} printed an event of type ${event.type} for statistics`, {
      code: 'answer',
      argv,
    });
  }

  /**
   * What happens to a container until it ends: its statistics at intervals, and each time the kernel kills a process of it for want of
   * memory. For `for await`; leaving the loop ends the runtime's process.
   * @throws RuntimeError 'unsupported' of a runtime that has none, such as crun
   */
  events(id: string, options: EventsOptions = {}): AsyncIterableIterator<ContainerEvent> {
    return watchEvents(this.#settings, id, options);
  }

  /** Has criu write a container to a directory. It ends unless it is left running. */
  async checkpoint(id: string, options: CheckpointOptions = {}): Promise<void> {
    await this.#do(['checkpoint', ...checkpointArguments(options), idWord(id)], options);
    if (!options.leaveRunning && !options.preDump) this.#removeBundle(id);
  }

  /**
   * Has criu make the processes again that `checkpoint` wrote.
   * @param source directory of the bundle, or the configuration
   * @returns the process, which is at the same time the promise of its result
   */
  restore(id: string, source: string | Spec, options: DetachedRestoreOptions): Promise<DetachedProcess>;
  restore(id: string, source: string | Spec, options?: RestoreOptions): ContainerProcess;
  restore(
    id: string,
    source: string | Spec,
    options: RestoreOptions | DetachedRestoreOptions = {},
  ): ContainerProcess | Promise<DetachedProcess> {
    const words = [...criuArguments(options), ...makeArguments(options)];
    if (options.detach) return this.#detached('restore', id, source, options, ['--detach', ...words]);
    return this.#foreground('restore', id, source, options, words, true);
  }

  /** What the runtime can do. */
  async features(options: AbortOptions = {}): Promise<Features> {
    const { stdout, argv } = await this.#do(['features'], options);
    return checkAnswer('features', stdout, argv);
  }

  /** Which runtime this is. */
  async version(options: AbortOptions = {}): Promise<RuntimeVersion> {
    const { stdout, argv } = await perform(
      { ...this.#settings, globals: [], keepsLog: false },
      {
        args: ['--version'],
        signal: options.signal,
      },
    );
    return parseVersion(stdout, argv);
  }

  #do(args: readonly string[], options: AbortOptions) {
    return perform(this.#settings, { args, signal: options.signal });
  }

  #foreground(
    name: 'run' | 'restore',
    id: string,
    source: string | Spec,
    options: MakeOptions & ForegroundOptions,
    words: readonly string[],
    removed: boolean,
  ): ContainerProcess {
    const { preserveFds: preserved = [] } = options;
    return new ForegroundProcess(this.#settings, options, () => {
      const last = idWord(id);
      const bundle = bundleOf(source, options);
      const begun = Date.now();
      // It goes with the container: here, or when that is deleted.
      if (!removed) this.#bundles.set(id, bundle);
      return {
        launch: {
          name,
          args: () => [
            name,
            `--bundle=${bundle.path}`,
            ...preserve(preserved),
            ...words,
            ...(options.arguments ?? []),
            last,
          ],
          preserved,
        },
        cleanUp: () => removeUnfinished(this.#settings, id, bundle.path, begun),
        done: () => {
          if (removed) bundle.remove();
        },
      };
    });
  }

  async #detached(
    name: 'create' | 'run' | 'restore',
    id: string,
    source: string | Spec,
    options: MakeOptions & DetachedOptions,
    words: readonly string[],
  ): Promise<DetachedProcess> {
    options.signal?.throwIfAborted();
    const last = idWord(id);
    const bundle = bundleOf(source, options);
    const begun = Date.now();
    try {
      const process = await startDetached(this.#settings, {
        name,
        args: () => [...words, `--bundle=${bundle.path}`, ...(options.arguments ?? []), last],
        options,
        cleanUp: () => removeUnfinished(this.#settings, id, bundle.path, begun),
      });
      this.#bundles.set(id, bundle);
      return process;
    } catch (error) {
      bundle.remove();
      throw error;
    }
  }

  #removeBundle(id: string): void {
    this.#bundles.get(id)?.remove();
    this.#bundles.delete(id);
  }
}

/** The words of `exec` after its name, and the files they name. */
function execWords(
  id: string,
  process: readonly string[] | Process,
  options: ExecCommonOptions & Pick<ForegroundOptions, 'terminal' | 'stdin'>,
): { words(fd: number): string[]; scratches: Scratch[] } {
  const name = idWord(id);
  if (isWords(process)) {
    if (process.length === 0) throw new TypeError('process is empty; it must begin with a program');
    const tty = options.terminal ? ['--tty'] : [];
    return { words: () => [...tty, ...execArguments(options), name, ...process], scratches: [] };
  }
  const contradicting = ownSettings.filter((name) => options[name] !== undefined);
  if (contradicting.length > 0) {
    throw new TypeError(`${contradicting.join(', ')} can't be given beside a Process, which has fields for them`);
  }
  const scratch = new Scratch(writeJson(processWithTerminal(process, options)));
  return {
    words: (fd) => ['--process', `/proc/self/fd/${fd}`, ...execArguments(options), name],
    scratches: [scratch],
  };
}

const isWords = (process: readonly string[] | Process): process is readonly string[] => Array.isArray(process);

/** The options that a Process has fields for. */
const ownSettings: readonly (keyof ExecSettings)[] = [
  'cwd',
  'env',
  'user',
  'additionalGids',
  'capabilities',
  'noNewPrivileges',
  'apparmorProfile',
  'selinuxLabel',
];

const preserve = (fds: readonly number[]): string[] => (fds.length > 0 ? ['--preserve-fds', String(fds.length)] : []);

function closeAll(scratches: readonly Scratch[]): void {
  for (const scratch of scratches) scratch.close();
}

/** InProcessRuntime: what can be done with containers within the host program, without harm to it. */
import { TsruncError } from '../../base/error.js';
import { featuresDocument } from '../../cli/features-document.js';
import { statsDocument } from '../../cli/stats-document.js';
import { writeJson } from '../../config/json/json-write.js';
import { loadResources } from '../../config/load.js';
import type { Resources } from '../../config/spec.js';
import { deleteContainer } from '../../container/commands/delete.js';
import { containerStats } from '../../container/commands/events.js';
import { killContainer } from '../../container/commands/kill.js';
import { listContainers } from '../../container/commands/list.js';
import { pauseContainer, resumeContainer } from '../../container/commands/pause.js';
import { containerProcesses } from '../../container/commands/processes.js';
import { startContainer } from '../../container/commands/start.js';
import { containerState } from '../../container/commands/state.js';
import { updateContainer } from '../../container/commands/update.js';
import { hostFacts } from '../../container/creation/host-facts.js';
import { connectSystemd } from '../../container/creation/systemd-unit.js';
import type { ContainerState } from '../../container/options.js';
import type { Runtime } from '../../container/runtime.js';
import { nodeNative } from '../../hosts/node/host.js';
import { signalNumber } from '../../native/signals.js';
import { hostOf } from '../pure/host.js';
import type { Features } from '../types/features.js';
import type { Host } from '../types/host.js';
import type { State } from '../types/state.js';
import type { ContainerStats } from '../types/stats.js';

/** Settings of an InProcessRuntime. */
export interface RuntimeOptions {
  /** Absolute path of the directory that holds the state of the containers; `/run/tsrunc` if left out. */
  readonly root?: string;
  /** The environment of hooks that have none of their own, and where a user's systemd is found; empty if left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with what did not fail an operation but should be known. */
  readonly warn?: (warning: TsruncError) => void;
}

/** The containers of a root directory. */
export interface StateList {
  /** The state of each container. */
  readonly states: readonly State[];
  /** An error for each container whose state can't be read. */
  readonly errors: readonly TsruncError[];
}

/**
 * Operations on containers within this process. Every method works on the containers of the command line with the same `root`, blocks
 * until it is done, and throws TsruncError.
 *
 * Making containers and processes in them is not among them: it needs signals, children and a terminal of its own, which a program has
 * but once. That is what the client is for.
 */
export class InProcessRuntime {
  readonly #runtime: Runtime;

  /** @throws Error when the addon isn't there for this machine. */
  constructor(options: RuntimeOptions = {}) {
    const { root = '/run/tsrunc', env = {}, warn = () => {} } = options;
    this.#runtime = {
      native: nodeNative(),
      root,
      env,
      cwd: '/',
      cgroupManager: 'cgroupfs',
      rootless: 'auto',
      warn,
      tellError: warn,
      settle: () => {},
      debug: () => {},
    };
  }

  /**
   * The state of a container.
   * @throws TsruncError 'not-found'; 'state' when its file is damaged
   */
  state(id: string): State {
    return stateOf(containerState(this.#runtime, id));
  }

  /** The states of all containers. */
  list(): StateList {
    const { states, errors } = listContainers(this.#runtime);
    return { states: states.map(stateOf), errors };
  }

  /**
   * Starts the program of a created container, and runs its poststart hooks.
   * @throws TsruncError 'state' when it isn't created; 'step' or 'hook' for what failed: then the container is stopped
   */
  start(id: string): void {
    startContainer(this.#runtime, id);
  }

  /**
   * Sends a signal to the first process of a container.
   * @param signal a number, or a name such as `TERM` or `SIGKILL`; `TERM` if left out
   * @param options `all`: to every process of the container
   * @throws TsruncError 'state' when it isn't running; 'usage' for an unknown signal
   */
  kill(id: string, signal: string | number = 'TERM', options: { readonly all?: boolean } = {}): void {
    const number = signal === 0 || signal === '0' ? 0 : signalNumber(String(signal));
    if (number === undefined)
      throw new TsruncError('usage', `unknown signal ${JSON.stringify(signal)}`, {
        hint: 'give a number from 0 to 64 or a name such as TERM, SIGKILL, RTMIN+1',
      });
    killContainer(this.#runtime, id, number, options.all ?? false);
  }

  /**
   * Removes a stopped container, and runs its poststop hooks.
   * @param options `force`: kills it first if it runs; no error if there is none
   * @throws TsruncError 'not-found'; 'state' when it isn't stopped
   */
  delete(id: string, options: { readonly force?: boolean } = {}): void {
    deleteContainer(this.#runtime, id, options.force ?? false);
  }

  /**
   * Freezes all processes of a container.
   * @throws TsruncError 'state' when it isn't running; 'unsupported' when it has no cgroup of its own
   */
  pause(id: string): void {
    pauseContainer(this.#runtime, id);
  }

  /**
   * Lets the processes of a paused container go on.
   * @throws TsruncError 'state' when it isn't paused
   */
  resume(id: string): void {
    resumeContainer(this.#runtime, id);
  }

  /**
   * Changes limits of a container: all that are given, or none.
   * @param resources the limits to change, as in `linux.resources`
   * @throws TsruncError 'config', 'unsupported' or 'system' with the pointer of the field in `resources`; 'state' when it isn't running
   */
  update(id: string, resources: Resources): void {
    const changes = loadResources(writeJson(resources), 'resources', this.#runtime.warn);
    updateContainer(this.#runtime, id, changes);
  }

  /**
   * The pids of the processes of a container, in this process's pid namespace.
   * @throws TsruncError 'unsupported' when it has no cgroup
   */
  processes(id: string): number[] {
    return containerProcesses(this.#runtime, id);
  }

  /**
   * The statistics of a container.
   * @throws TsruncError 'state' when it isn't running
   */
  stats(id: string): ContainerStats {
    return withoutUndefined(statsDocument(containerStats(this.#runtime, id))) as ContainerStats;
  }

  /**
   * Facts about this machine, for planBundle.
   * @param options `systemd`: those of the systemd that makes cgroups too; the user's without root
   * @throws TsruncError 'system' when they can't be read, or systemd doesn't answer
   */
  host(options: { readonly systemd?: boolean } = {}): Host {
    const facts = hostFacts(this.#runtime);
    if (!options.systemd) return hostOf(facts);
    const systemd = connectSystemd(this.#runtime, facts);
    systemd.manager.close();
    return hostOf(systemd.facts);
  }

  /** What this tsrunc can do on this machine. */
  features(): Features {
    return featuresDocument(this.#runtime.native);
  }
}

function stateOf({ annotations, owner: _, ...state }: ContainerState): State {
  return { ...state, ...(Object.keys(annotations).length > 0 && { annotations }) };
}

function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutUndefined);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]));
}

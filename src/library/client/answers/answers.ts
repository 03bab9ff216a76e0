/** What a runtime answers, apart from what the runtime specification describes. */
import type { State } from '../../types/state.js';
import type { ContainerStats } from '../../types/stats.js';

/** A container as `list` tells it. crun leaves out the version of the specification. */
export interface ListedContainer extends Omit<State, 'ociVersion'> {
  /** The version of the runtime-spec that the state is written by. */
  readonly ociVersion?: string;
}

/** What happens to a container while it runs. */
export type ContainerEvent =
  | {
      /** The statistics at one moment. */
      readonly type: 'stats';
      /** The container. */
      readonly id: string;
      /** Its statistics. */
      readonly data: ContainerStats;
    }
  | {
      /** The kernel killed a process of the container for want of memory. */
      readonly type: 'oom';
      /** The container. */
      readonly id: string;
    };

/** What `--version` says. */
export interface RuntimeVersion {
  /** The runtime's name for itself, e.g. `tsrunc`, `runc`, `crun`. */
  readonly name: string;
  /** Its version, e.g. `1.3.6`. */
  readonly version: string;
  /** The commit it was built of. */
  readonly commit?: string;
  /** The version of the runtime-spec that it implements. */
  readonly spec?: string;
  /** All it said. */
  readonly text: string;
}

/** What a case is, and an engine that has cases. */

export type Runtime = 'tsrunc' | 'runc';
export type Driver = 'cgroupfs' | 'systemd';

/** What one run of one case goes by. */
export interface Context {
  readonly runtime: Runtime;
  /** The runtime's executable. */
  readonly path: string;
  readonly driver: Driver;
  /** A name that nothing else in the machine has: for containers, volumes, networks … */
  readonly name: string;
  /** An empty directory on the machine's disk, removed afterwards. */
  readonly directory: string;
  /** Aborted when the case has had its time. */
  readonly signal: AbortSignal;
}

/** A case: `show` throws when what is to be shown doesn't hold, and may return figures, as a line of text. `Box` is what the engine's cases work with. */
export interface Case<Box> {
  /** In a few words, what it shows; unique in its engine. */
  readonly name: string;
  /** Part of the short run that CI does. */
  readonly quick?: boolean;
  /** Runs while no other case does: it restarts a daemon, or measures time. */
  readonly alone?: boolean;
  /** The cgroup drivers it is run with; all if not given. */
  readonly drivers?: readonly Driver[];
  /** Seconds after which it has failed; 300 if not given. */
  readonly seconds?: number;
  show(box: Box): Promise<unknown>;
}

/** Thrown by a case that can't be run here, with the reason. */
export class Skip extends Error {}

/** An engine, as its own file describes it. */
export interface EngineParts<Box> {
  readonly name: string;
  readonly cases: readonly Case<Box>[];
  /** Starts its daemons with this cgroup driver. */
  begin(driver: Driver): Promise<void>;
  /** Stops them. */
  end(): Promise<void>;
  /** What a case works with. */
  open(context: Context): Box;
  /** Removes what the case has made, also when it failed half-way. */
  close(box: Box): Promise<void>;
  /** After all cases: what is still in the machine of containers that ran with this runtime, a line for each thing. */
  left(runtime: Runtime): Promise<string[]>;
}

/** An engine, as the runner sees it: what a box is is the engine's own affair. */
export interface Engine extends Omit<EngineParts<never>, 'cases' | 'open' | 'close'> {
  readonly cases: readonly Omit<Case<never>, 'show'>[];
  run(name: string, context: Context): Promise<unknown>;
}

export function engine<Box>(parts: EngineParts<Box>): Engine {
  const run = async (name: string, context: Context) => {
    const found = parts.cases.find((one) => one.name === name);
    if (!found) throw new Error(`${parts.name} has no case "${name}"`);
    const box = parts.open(context);
    let shown: unknown;
    try {
      shown = await found.show(box);
    } catch (error) {
      // Removal meets what the case is still at: its complaint would hide why the case failed.
      await parts.close(box).catch(() => {});
      throw error;
    }
    await parts.close(box);
    return shown;
  };
  const { name, cases } = parts;
  const begin = (driver: Driver) => parts.begin(driver);
  const end = () => parts.end();
  const left = (runtime: Runtime) => parts.left(runtime);
  return { name, cases, run, begin, end, left };
}

// The lists of commands that bench/measure.cc runs.

/** What is measured for every configuration, in the order of the table. */
export const operations = ['run', 'create', 'start', 'state', 'exec', 'kill', 'delete'];

/** An entry of a list. */
export const line = (kind, label, ...args) => [kind, label, ...args].join('\t');

/** The list starting at another runtime each time: what a command leaves to the kernel to tidy up falls on the next one. */
const rotated = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

/** One command line of a runtime. */
export const call = (runtime, ...args) => [runtime.path, '--root', `/bench/state/${runtime.name}`, ...args];

const floorLine = (label, floor) => line('run', label, '/bench/bin/floor', '/bench/rootfs', '/bin/true', ...floor);

/**
 * Rounds of every operation by every runtime, interleaved: A B C A B C. Labels are `ROUND OPERATION CONFIG RUNTIME`.
 * @param floor arguments of the floor
 */
export function rounds(runtimes, configs, count, floor) {
  const lines = [];
  for (let round = 0; round < count; round++) {
    const each = (work) => {
      for (const runtime of rotated(runtimes, round)) lines.push(...work(runtime, (name) => `${round} ${name}`));
    };
    each((runtime, at) => [line('run', at(`version - ${runtime.name}`), runtime.path, '--version')]);
    for (const config of configs) {
      const label = (operation, runtime, at) => at(`${operation} ${config} ${runtime.name}`);
      const id = (runtime) => `bench-${config}-${runtime.name}`;
      const pidFile = (runtime) => `/bench/pid-${config}-${runtime.name}`;
      const measured = (operation, args) =>
        each((runtime, at) => [
          line('run', label(operation, runtime, at), ...call(runtime, operation, ...args(runtime))),
        ]);
      measured('run', (runtime) => ['--bundle', `/bench/bundles/${config}-true`, `${id(runtime)}-run`]);
      if (config === 'spec') lines.push(floorLine(`${round} run spec floor`, floor));
      measured('create', (runtime) => [
        ...['--bundle', `/bench/bundles/${config}-sleep`, '--pid-file', pidFile(runtime)],
        id(runtime),
      ]);
      measured('state', (runtime) => [id(runtime)]);
      measured('start', (runtime) => [id(runtime)]);
      measured('exec', (runtime) => [id(runtime), '/bin/true']);
      measured('kill', (runtime) => [id(runtime), 'KILL']);
      each((runtime) => [line('gone', 'gone', pidFile(runtime))]);
      measured('delete', (runtime) => [id(runtime)]);
    }
  }
  return lines;
}

/**
 * `count` containers that stay, and how long the next `create` takes beside them, and `list`. Labels are
 * `ROUND create|list COUNT RUNTIME`.
 * @param floor arguments of the floor, to be measured beside them too: what they cost the kernel
 */
export function livingContainers(runtime, count, rounds, floor) {
  const bundle = '/bench/bundles/spec-sleep';
  const id = (i) => `bench-live-${i}`;
  const lines = [];
  for (let i = 0; i < count; i++) {
    lines.push(line('do', 'fill', ...call(runtime, 'create', '--bundle', bundle, id(i))));
    lines.push(line('do', 'fill', ...call(runtime, 'start', id(i))));
  }
  for (let round = 0; round < rounds; round++) {
    lines.push(
      line(
        'run',
        `${round} create ${count} ${runtime.name}`,
        ...call(runtime, 'create', '--bundle', bundle, 'bench-next'),
      ),
    );
    lines.push(line('do', 'next', ...call(runtime, 'delete', '--force', 'bench-next')));
    if (floor) lines.push(floorLine(`${round} create ${count} floor`, floor));
  }
  // Apart: a list of a thousand leaves nothing of what create needs in the processor's caches.
  for (let round = 0; round < rounds; round++)
    lines.push(line('run', `${round} list ${count} ${runtime.name}`, ...call(runtime, 'list')));
  for (let i = 0; i < count; i++) lines.push(line('do', 'empty', ...call(runtime, 'delete', '--force', id(i))));
  return lines;
}

/** Tries to run /bin/true in a bundle, a few times. Labels are `TRY limit BYTES RUNTIME`. */
export function withLimit(runtime, bundle, bytes, tries) {
  return Array.from({ length: tries }, (_, i) =>
    line('run', `${i} limit ${bytes} ${runtime.name}`, ...call(runtime, 'run', '--bundle', bundle, `bench-limit-${i}`)),
  );
}

/** Removes what a run that was cut short may have left. */
export function cleanUp(runtimes, ids) {
  return runtimes.flatMap((runtime) => ids.map((id) => line('do', 'clean', ...call(runtime, 'delete', '--force', id))));
}

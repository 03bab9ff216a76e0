// Whether anything has grown: the samples of the first ten minutes beside those of the last ten.

/** What a figure may grow by from the first to the last samples: absolutely, or as a share of it. */
const allowed = {
  // Freed some time after the last use, by the kernel's own work.
  'dying cgroups': { by: 20 },
  'network namespaces': { by: 2 },
  'mount structures': { by: 40 },
  'open files': { share: 0.05 },
  'descriptors of dockerd': { by: 4 },
  'descriptors of containerd': { by: 4 },
  processes: { by: 6 },
  keys: { by: 2 },
  'files of /run': { by: 6 },
  'kernel objects, MiB': { share: 0.05 },
  // Whole pages: after a moment with many processes some stay that hold a few objects.
  'slab, MiB': { share: 0.15 },
};

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The rounds of the first and last ten minutes, or of the first and last third of a shorter run. The first rounds of all
 * are left out: daemons start, caches fill.
 */
function ends(rounds) {
  const settled = rounds.slice(Math.min(4, Math.floor(rounds.length / 4)));
  const [from, to] = [settled[0].minute, settled.at(-1).minute];
  const length = Math.min(10, (to - from) / 3);
  return [
    settled.filter(({ minute }) => minute <= from + length),
    settled.filter(({ minute }) => minute >= to - length),
  ];
}

/** A row for each figure: its name, its means at the beginning and at the end, and whether it has grown by too much. */
export function growth(rounds) {
  const [first, last] = ends(rounds);
  return Object.keys(rounds[0].sample).map((name) => {
    const [before, after] = [first, last].map((part) => mean(part.map(({ sample }) => sample[name])));
    const { by = 0.5, share = 0 } = allowed[name] ?? {};
    return { name, before, after, grown: after - before > Math.max(by, share * before) };
  });
}

/** Lines that say what has come from the first to the last of the rounds that are compared: files of /run, 32 KiB of a kernel's cache. */
export function grownParts(rounds) {
  const [beginning, end] = ends(rounds);
  const [first, last] = [beginning[0].parts, end.at(-1).parts];
  const files = last.run.filter((name) => !first.run.includes(name));
  const slabs = Object.entries(last.slabs)
    .map(([name, size]) => ({ name, by: size - (first.slabs[name] ?? 0) }))
    .filter(({ by }) => by >= 32)
    .sort((a, b) => b.by - a.by);
  return [...files.map((name) => `new: ${name}`), ...slabs.map(({ name, by }) => `${name}: ${by.toFixed(0)} KiB more`)];
}

// A trace of one command (--trace) as a picture.

const width = 960;
const left = 96;
const row = 15;
const colours = { phase: '#2f6fb2', call: '#8fb8de', step: '#c8732b', thread: '#4f9a5b' };

const escaped = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const text = (x, y, content, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;

/** What one row of the picture shows, and its colour. */
const lines = [
  ['runtime', 'phase', ({ cat }) => cat === 'phase'],
  ['its calls', 'call', ({ cat, pid, tid }) => cat === 'call' && pid === tid],
  ['its thread', 'thread', ({ cat, tid }) => cat === 'call' && tid === 0],
  ['init', 'step', ({ cat }) => cat === 'step'],
];

/**
 * The picture, as SVG.
 * @param trace what --trace wrote
 */
export function traceChart({ traceEvents }) {
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  const begin = Math.min(...spans.map(({ ts }) => ts));
  const end = Math.max(...spans.map(({ ts, dur }) => ts + dur));
  const scale = (width - left - 10) / (end - begin);
  const at = (ts) => left + (ts - begin) * scale;

  const parts = [];
  let y = 24;
  for (const [title, colour, belongs] of lines) {
    const shown = spans.filter(belongs);
    parts.push(text(8, y + 11, title));
    for (const { ts, dur } of shown) {
      const length = Math.max(0.4, dur * scale - 0.3);
      parts.push(
        `<rect x="${at(ts).toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${row}" fill="${colours[colour]}"/>`,
      );
    }
    y += row + 2;
    // The names of the longest ones, below them, as many as there is room for.
    const named = shown
      .filter(({ cat }) => cat !== 'call' || colour === 'thread')
      .sort((a, b) => b.dur - a.dur)
      .slice(0, 12);
    const ends = [];
    for (const { name, ts, dur } of named.sort((a, b) => a.ts - b.ts)) {
      const label = `${name} ${dur < 100 ? Math.round(dur) : Math.round(dur / 10) * 10} µs`;
      const free = ends.findIndex((used) => used < at(ts));
      const level = free < 0 ? ends.length : free;
      ends[level] = at(ts) + label.length * 4.9 + 4;
      parts.push(text(at(ts), y + 9 + level * 11, label, 'font-size="9"'));
    }
    y += ends.length * 11 + 10;
  }
  const ticks = [];
  for (let ms = 0; ms * 1000 <= end - begin; ms++) {
    const x = at(begin + ms * 1000);
    ticks.push(
      `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="18" y2="${y}" stroke="#ddd"/>`,
      text(x + 2, 14, `${ms} ms`, 'font-size="9"'),
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="11" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${[...ticks, ...parts].join('\n')}
</svg>
`;
}

// The figures of a long life as an SVG picture: a panel for each, over the minutes.

const panel = { width: 300, height: 92, left: 58, top: 22, gap: 14 };
const columns = 2;

const text = (x, y, content, more = '') => `<text x="${x}" y="${y}" ${more}>${content}</text>`;
const round = (value) => (Number.isInteger(value) ? value : value.toFixed(1));

function drawn(name, rounds, x, y) {
  const values = rounds.map(({ sample }) => sample[name]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const minutes = rounds.at(-1).minute;
  const across = panel.width - panel.left - 10;
  const place = (minute, value) => {
    const up = high === low ? 0.5 : (value - low) / (high - low);
    return [x + panel.left + (minute / minutes) * across, y + panel.top + (1 - up) * (panel.height - panel.top - 16)];
  };
  const points = rounds.map(({ minute, sample }) =>
    place(minute, sample[name])
      .map((at) => at.toFixed(1))
      .join(','),
  );
  const bottom = y + panel.height;
  return [
    text(x + 4, y + 13, name, 'font-weight="bold"'),
    text(x + panel.left - 6, y + panel.top + 4, round(high), 'text-anchor="end"'),
    ...(high === low ? [] : [text(x + panel.left - 6, bottom - 12, round(low), 'text-anchor="end"')]),
    ...rounds
      .filter(({ disturbance }) => disturbance !== '')
      .map(({ minute, disturbance }) => {
        const at = place(minute, low)[0].toFixed(1);
        return `<line x1="${at}" x2="${at}" y1="${y + panel.top}" y2="${bottom - 16}" stroke="#ddd"><title>${disturbance}</title></line>`;
      }),
    `<polyline points="${points.join(' ')}" fill="none" stroke="#2f6fb2" stroke-width="1.5"/>`,
  ].join('\n');
}

/** The rounds as the text of an SVG file. */
export function svgPlot(rounds) {
  const names = Object.keys(rounds[0].sample);
  const rows = Math.ceil(names.length / columns);
  const [width, height] = [columns * (panel.width + panel.gap), 24 + rows * (panel.height + panel.gap)];
  const panels = names.map((name, i) =>
    drawn(
      name,
      rounds,
      (i % columns) * (panel.width + panel.gap),
      24 + Math.floor(i / columns) * (panel.height + panel.gap),
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${text(4, 15, `${round(rounds.at(-1).minute)} minutes; grey: a disturbance`)}
${panels.join('\n')}
</svg>
`;
}

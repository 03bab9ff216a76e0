// The medians as a chart of bars: docs/performance.svg.

const colours = ['#2f6fb2', '#c8732b', '#8a8a8a', '#4f9a5b', '#9a4f8e', '#b8a02e'];
const bar = { height: 11, gap: 2, group: 10 };
const left = 150;
const width = 640;

const text = (x, y, content, more = '') => `<text x="${x}" y="${y}" ${more}>${content}</text>`;

/** The chart of { table, versions } as the text of an SVG file. */
export function svgChart({ table, versions }) {
  const names = [...Object.keys(versions), 'floor'];
  const longest = Math.max(...table.flatMap(({ of }) => Object.values(of).map(({ median }) => median)));
  const scale = (width - left - 60) / longest;
  const parts = [];
  let y = 34;
  for (const { operation, config, of } of table) {
    const title = config === '-' ? '--version' : `${operation}, ${config}`;
    const shown = names.filter((name) => of[name]);
    const middle = y + (shown.length * (bar.height + bar.gap)) / 2 + 3;
    parts.push(text(left - 8, middle.toFixed(0), title, 'text-anchor="end"'));
    for (const name of shown) {
      const length = Math.max(1, of[name].median * scale);
      const colour = colours[names.indexOf(name) % colours.length];
      parts.push(`<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar.height}" fill="${colour}"/>`);
      parts.push(text((left + length + 4).toFixed(1), y + 9, of[name].median.toFixed(2), 'font-size="9"'));
      y += bar.height + bar.gap;
    }
    y += bar.group;
  }
  const legend = names
    .filter((name) => table.some(({ of }) => of[name]))
    .map((name, i) => {
      const x = left + i * 90;
      return `<rect x="${x}" y="10" width="10" height="10" fill="${colours[names.indexOf(name) % colours.length]}"/>${text(x + 14, 19, name)}`;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="11" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${text(8, 19, 'milliseconds, median')}
${[...legend, ...parts].join('\n')}
</svg>
`;
}

/** Cost against size, both axes logarithmic: what grows in proportion is a straight line of 45 degrees. */
export interface Chart {
  readonly title: string;
  readonly size: string;
  readonly cost: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [size: number, cost: number])[];
}

const [WIDTH, HEIGHT] = [640, 400];
const PLOT = { left: 72, right: 16, top: 44, bottom: 56 };
const COLOURS = ['#1f6feb', '#d1711b', '#2f855a'];

/** The chart as an SVG document. */
export function svgChart({ title, size, cost, series }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const x = logScale(
    points.map(([value]) => value),
    PLOT.left,
    WIDTH - PLOT.right,
  );
  const y = logScale(
    points.map(([, value]) => value),
    HEIGHT - PLOT.bottom,
    PLOT.top,
  );
  const [bottom, right] = [HEIGHT - PLOT.bottom, WIDTH - PLOT.right];
  const grid = [
    ...x.ticks.map(
      (value) =>
        `<line class="grid" x1="${x.at(value)}" y1="${PLOT.top}" x2="${x.at(value)}" y2="${bottom}"/>` +
        `<text x="${x.at(value)}" y="${bottom + 18}" text-anchor="middle">${label(value)}</text>`,
    ),
    ...y.ticks.map(
      (value) =>
        `<line class="grid" x1="${PLOT.left}" y1="${y.at(value)}" x2="${right}" y2="${y.at(value)}"/>` +
        `<text x="${PLOT.left - 8}" y="${y.at(value) + 4}" text-anchor="end">${label(value)}</text>`,
    ),
  ];
  const lines = series.map(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const places = own.map(([a, b]) => `${x.at(a)},${y.at(b)}`);
    const dots = own.map(
      ([a, b]) =>
        `<circle cx="${x.at(a)}" cy="${y.at(b)}" r="4" fill="${colour}"><title>${name}: ${label(b)} at ${label(a)}</title></circle>`,
    );
    const key = PLOT.left + 12 + index * 170;
    return (
      `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}` +
      `<rect x="${key}" y="${PLOT.top + 6}" width="12" height="12" fill="${colour}"/>` +
      `<text x="${key + 18}" y="${PLOT.top + 16}">${name}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}">`,
    `<style>text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.grid{stroke:#ddd}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text class="title" x="${PLOT.left}" y="26">${title}</text>`,
    ...grid,
    ...lines,
    `<text x="${(PLOT.left + right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${size}</text>`,
    `<text transform="translate(18 ${(PLOT.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${cost}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** From a power of ten below all values to one above. */
function logScale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
    at: (value) => Math.round((from + ((Math.log10(value) - low) / (high - low)) * (to - from)) * 10) / 10,
  };
}

function label(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

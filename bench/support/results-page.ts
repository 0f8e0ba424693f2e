import { mkdir, writeFile } from 'node:fs/promises';
import { svgChart } from './chart.ts';
import type { Line } from './measure.ts';
import { keptResults, type Result } from './results.ts';

const PAGE = new URL('../RESULTS.md', import.meta.url);
const CHARTS = new URL('../charts/', import.meta.url);

/** What is drawn: of which lines, over which value, and how the service and its peer are called. */
const charts = [
  {
    file: 'provision',
    figure: 'provision_sandbox',
    title: 'ProvisionSandbox',
    size: 'workflows',
    unit: 'seconds',
    peer: 'bare SQL',
  },
  {
    file: 'export',
    figure: 'export_project',
    title: 'ExportProject',
    size: 'workflows',
    unit: 'seconds',
    peer: 'yaml in one piece',
  },
  {
    file: 'import',
    figure: 'import_project',
    title: 'ImportProjectStream',
    size: 'workflows',
    unit: 'seconds',
    peer: 'yaml parse alone',
  },
  {
    file: 'head',
    figure: 'get_project_head',
    title: 'GetProjectHead',
    size: 'workflows',
    unit: 'ms',
    peer: 'bare SQL',
  },
  {
    file: 'delete',
    figure: 'delete_project',
    title: 'DeleteProjectAsync',
    size: 'rows',
    unit: 'seconds',
    peer: 'bare SQL',
  },
  {
    file: 'append',
    figure: 'append_project_head',
    title: 'AppendProjectHead',
    size: 'heads',
    unit: 'ms',
    peer: 'bare SQL',
  },
] as const;

/**
 * Writes RESULTS.md and the charts from what was kept of each figure's last run.
 *
 * @param names of the figures, in their order
 */
export async function writeResultsPage(names: readonly string[]): Promise<void> {
  const kept = await keptResults();
  const results = names.flatMap((name) => kept.get(name) ?? []);
  const drawn = await writeCharts(results);
  const parts = [
    '# Results',
    '',
    '`npm run bench` writes this page; [README.md](README.md) says what each figure measures and against what. Service and',
    'peer ran in turn, in one go, on the same machine; values are medians of the rounds, `undisturbed` is the fastest',
    'tenth, `max` the slowest round.',
    '',
    ...machines(results),
    '## Targets',
    '',
    '| figure | | target | measured | |',
    '| --- | --- | --- | --- | --- |',
    ...results.flatMap(({ name, lines }) =>
      lines.flatMap(({ goals }) =>
        goals.map(
          ({ what, target, value, met }) =>
            `| \`${name}\` | ${what} | ${target} | ${shown(value)} | ${met ? 'reached' : '**missed**'} |`,
        ),
      ),
    ),
    '',
    '## Cost against size',
    '',
    ...drawn.map(({ file, title }) => `![${title}](charts/${file}.svg)`),
    '',
    '## All figures',
    '',
    ...results.flatMap(({ name, lines }) => [`### \`${name}\``, '', ...tables(lines), '']),
  ];
  await writeFile(PAGE, parts.join('\n'));
}

/** Machine and versions; one line for figures that share them. */
function machines(results: readonly Result[]): string[] {
  const places = Map.groupBy(results, ({ machine, measuredOn, versions }) => {
    const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    return `Measured on ${measuredOn}: ${machine}; ${used.join(', ')}.`;
  });
  return [...places].flatMap(([place, own]) => [
    places.size === 1 ? place : `${place} (${own.map(({ name }) => name).join(', ')})`,
    '',
  ]);
}

/** The lines of a figure, those with the same values in one table. */
function tables(lines: readonly Line[]): string[] {
  const alike = Map.groupBy(lines, ({ values }) => Object.keys(values).join(' | '));
  return [...alike].flatMap(([, own]) => {
    const names = Object.keys(own[0]?.values ?? {});
    return [
      `| ${names.map((name) => name.replaceAll('_', ' ')).join(' | ')} |`,
      `|${' --- |'.repeat(names.length)}`,
      ...own.map(({ values }) => `| ${names.map((name) => shown(values[name] ?? '')).join(' | ')} |`),
      '',
    ];
  });
}

function shown(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en', { maximumSignificantDigits: 4 }) : value;
}

async function writeCharts(results: readonly Result[]) {
  await mkdir(CHARTS, { recursive: true });
  const lines = results.flatMap((result) => result.lines);
  const drawn = charts.filter(({ figure }) => lines.some((line) => line.figure === figure));
  for (const { file, figure, title, size, unit, peer } of drawn) {
    const own = lines.filter((line) => line.figure === figure);
    const points = (cost: string) =>
      own.flatMap(({ values }): [number, number][] => {
        const [x, y] = [values[size], values[cost]];
        return typeof x === 'number' && typeof y === 'number' ? [[x, y]] : [];
      });
    const series = [
      { name: title, points: points(unit) },
      { name: peer, points: points(`peer_${unit}`) },
    ];
    await writeFile(
      new URL(`${file}.svg`, CHARTS),
      svgChart({ title: `${title}: ${unit} against ${size}`, size, cost: unit, series }),
    );
  }
  return drawn;
}

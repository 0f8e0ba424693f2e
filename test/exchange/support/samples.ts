import { readFileSync } from 'node:fs';

/** Real documents, beside the project. */
export const samplesFolder = new URL('../../../../shared/data/projects/', import.meta.url);

/** A sample document's text. Missing data fail the test that asks for them. */
export function readSample(name: string): string {
  return readFileSync(new URL(name, samplesFolder), 'utf8');
}

/** Workflows, jobs, triggers and edges of each sample, from the table beside them. */
export function describedSamples(): ReadonlyMap<string, readonly number[]> {
  const rows = readSample('README.md').matchAll(
    /^\| `([^`]+\.yaml)` (?:\|[^|]*){4}\| (\d+) \/ (\d+) \/ (\d+)[^/|]* \/ (\d+) \|/gm,
  );
  return new Map([...rows].map(([, name, ...counts]) => [name ?? '', counts.map(Number)]));
}

/** A text for every file that a sample takes bodies from, by path. */
export function filesOf(sample: string): Record<string, string> {
  const paths = [...sample.matchAll(/^ +path: (.*)$/gm)].map(([, path]) => path ?? '');
  return Object.fromEntries(paths.map((path) => [path, `// ${path}\n`]));
}

/** The same text without the blank lines that end a literal block, which `|` does not keep. */
export function withoutTrailingBlankLines(text: string): string {
  return text.replace(/\n(?: *\n)+(?= {0,8}\S)/g, '\n');
}

/** Makes something of each sample once, for all tests of a file that leave it as it is. */
export function onceEach<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const one = made.get(name) ?? make(name);
    made.set(name, one);
    return one;
  };
}

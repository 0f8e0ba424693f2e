import type { PostedRecord } from './posted-state.ts';
import { StateFields } from './state-fields.ts';

/** A record, and what people know it by. */
export interface Named<Record> {
  readonly record: Record;
  readonly name: string;
}

/** The records of a section, each with errors of its own. Where enough is wrong already, the rest is left out. */
export function readRecords<Record extends PostedRecord>(
  fields: StateFields,
  section: string,
  read: (fields: StateFields) => Named<Record>,
): Record[] {
  const ids = new Set<string>();
  const records: Record[] = [];
  for (const value of fields.records(section)) {
    if (fields.errors.areEnough) break;
    let known = '';
    const errors = fields.errors.record(section, () => known);
    const own = new StateFields(value, errors);
    const { record, name } = read(own);
    known = name;
    own.refuseOthers();
    if (ids.has(record.id)) errors.add('id', 'is used twice');
    ids.add(record.id);
    records.push(record);
  }
  return records;
}

/** What every record has. */
export function readRecord(fields: StateFields): PostedRecord {
  return { id: fields.id(), isDeleted: fields.flag('delete') ?? false, errors: fields.errors };
}

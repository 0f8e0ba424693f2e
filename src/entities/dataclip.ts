import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, sortableText, updatedAt } from './columns.ts';
import type { JsonObject } from './json.ts';
import { Project } from './project.ts';

export const DataclipSchema = defineEntity({
  name: 'Dataclip',
  tableName: 'dataclips',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    /** Named dataclips are kept for ever. */
    name: sortableText().nullable(),
    type: p.enum(['http_request', 'global', 'step_result', 'saved_input', 'kafka']),
    body: p.json<JsonObject>().nullable().lazy(),
    request: p.json<JsonObject>().nullable().lazy(),
    /** When retention emptied body and request. */
    wipedAt: moment().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['project', 'insertedAt', 'id'] },
    { properties: ['project', 'type', 'insertedAt', 'id'] },
    {
      name: 'dataclips_named_index',
      properties: ['project', 'insertedAt', 'id'],
      where: 'name is not null',
    },
    { name: 'dataclips_name_index', properties: ['project', 'name', 'id'], where: 'name is not null' },
    {
      name: 'dataclips_unnamed_index',
      properties: ['project', 'insertedAt', 'id'],
      where: 'name is null',
    },
    {
      name: 'dataclips_to_wipe_index',
      properties: ['project', 'insertedAt'],
      where: 'name is null and wiped_at is null',
    },
  ],
});

/** Input or output of a step. */
export class Dataclip extends DataclipSchema.class {}
DataclipSchema.setClass(Dataclip);

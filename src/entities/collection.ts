import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';
import { Project } from './project.ts';

export const CollectionSchema = defineEntity({
  name: 'Collection',
  tableName: 'collections',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    name: sortableText(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  uniques: [{ properties: ['project', 'name'] }],
});

/** The name of a key-value store of a project; its items live elsewhere. */
export class Collection extends CollectionSchema.class {}
CollectionSchema.setClass(Collection);

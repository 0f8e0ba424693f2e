import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, updatedAt } from './columns.ts';
import { Project } from './project.ts';
import { User } from './user.ts';

export const ProjectFileSchema = defineEntity({
  name: 'ProjectFile',
  tableName: 'project_files',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    createdBy: () => p.manyToOne(User).ref().nullable().deleteRule('no action'),
    type: p.text(),
    /** Key of the bytes in the object store, once they are there. */
    path: p.text().nullable(),
    /** Bytes. */
    size: p.bigint().nullable(),
    status: p.enum(['enqueued', 'in_progress', 'completed', 'failed']).default('enqueued'),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['project', 'insertedAt', 'id'] }, { properties: ['createdBy'] }],
});

/** A file made for a project; its bytes are in the object store. */
export class ProjectFile extends ProjectFileSchema.class {}
ProjectFileSchema.setClass(ProjectFile);

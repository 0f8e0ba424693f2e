import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, updatedAt } from './columns.ts';
import { Project } from './project.ts';
import { User } from './user.ts';

export const ProjectUserSchema = defineEntity({
  name: 'ProjectUser',
  tableName: 'project_users',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    user: () => p.manyToOne(User).ref(),
    role: p.enum(['viewer', 'editor', 'admin', 'owner']).default('editor'),
    digest: p.enum(['never', 'daily', 'weekly', 'monthly']).default('never'),
    failureAlert: p.boolean().default(false),
    /** The project, when the person owns it: what every membership of the project refers to. */
    ownedProjectId: p
      .uuid()
      .nullable()
      .hidden()
      .generated("case when role = 'owner' then project_id else null end stored"),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['user', 'project'] }],
  uniques: [
    { properties: ['project', 'user'] },
    { name: 'project_owner_unique_index', properties: ['ownedProjectId'] },
  ],
});

/** A membership. A project has one owner. */
export class ProjectUser extends ProjectUserSchema.class {}
ProjectUserSchema.setClass(ProjectUser);

import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, sortableText } from './columns.ts';
import { Project } from './project.ts';
import { User } from './user.ts';

export const InvitationSchema = defineEntity({
  name: 'Invitation',
  tableName: 'invitations',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    email: sortableText(),
    role: p.enum(['viewer', 'editor', 'admin', 'owner']),
    /** SHA-256 of the token; the token itself is only in the mail. */
    tokenHash: p.uint8array(),
    invitedBy: () => p.manyToOne(User).ref().nullable().deleteRule('no action'),
    expiresAt: moment(),
    acceptedAt: moment().nullable(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['project', 'id'] }, { properties: ['invitedBy'] }],
  uniques: [{ properties: ['tokenHash'] }],
});

/** An invitation to a project, redeemed once. */
export class Invitation extends InvitationSchema.class {}
InvitationSchema.setClass(Invitation);

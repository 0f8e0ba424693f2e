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
    /** SHA-256 digests of its tokens, one after the other; the tokens themselves are only in the mails. */
    tokenHashes: p.uint8array().defaultRaw("'\\x'::bytea"),
    invitedBy: () => p.manyToOne(User).ref().nullable().deleteRule('no action'),
    expiresAt: moment(),
    acceptedAt: moment().nullable(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['project', 'id'] }, { properties: ['invitedBy'] }],
  checks: [{ name: 'invitations_token_hashes_check', expression: 'octet_length(token_hashes) % 32 = 0' }],
});

/** An invitation to a project, redeemed once. */
export class Invitation extends InvitationSchema.class {}
InvitationSchema.setClass(Invitation);

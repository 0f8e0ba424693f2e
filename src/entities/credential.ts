import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';
import { User } from './user.ts';

export const CredentialSchema = defineEntity({
  name: 'Credential',
  tableName: 'credentials',
  properties: {
    id: id(),
    user: () => p.manyToOne(User).ref(),
    name: sortableText(),
    schema: p.text(),
    oauthClientId: p.uuid().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['user', 'name', 'id'] }],
});

/** What is known of a credential besides its secret, which never enters this service. */
export class Credential extends CredentialSchema.class {}
CredentialSchema.setClass(Credential);

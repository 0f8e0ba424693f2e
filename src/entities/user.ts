import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';

export const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: id(),
    email: sortableText(),
    firstName: sortableText().default(''),
    lastName: sortableText().default(''),
    role: p.enum(['user', 'superuser']).default('user'),
    supportUser: p.boolean().default(false),
    disabled: p.boolean().default(false),
    /** Registered here under an address alone: nobody's account, until whoever has the address shows up. */
    placeholder: p.boolean().default(false),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  uniques: [
    {
      name: 'users_email_index',
      expression: 'create unique index users_email_index on users (lower(email))',
    },
  ],
});

/** A person, mirrored from the account service, which owns e-mail address, names and flags. */
export class User extends UserSchema.class {}
UserSchema.setClass(User);

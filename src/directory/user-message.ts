import { create } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import { type User, UserSchema } from '../gen/lightning/projects/v1/user_pb.ts';

/** What is known of a person, by column. */
export interface UserFacts {
  readonly id: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly role: 'user' | 'superuser';
  readonly support_user: boolean;
  readonly disabled: boolean;
  /** Registered here under an address alone; see `adopt-placeholders.ts`. */
  readonly placeholder: boolean;
}

/** A person's row. */
export interface UserRow extends UserFacts {
  readonly inserted_at: string;
  readonly updated_at: string;
}

/** What the account service says of a person. */
export function userFacts(message: User): UserFacts {
  return {
    id: message.id.toLowerCase(),
    email: message.email,
    first_name: message.firstName,
    last_name: message.lastName,
    role: message.superuser ? 'superuser' : 'user',
    support_user: message.supportUser,
    disabled: message.disabled,
    placeholder: false,
  };
}

export function userMessage(row: UserRow): User {
  return create(UserSchema, {
    id: row.id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    superuser: row.role === 'superuser',
    supportUser: row.support_user,
    disabled: row.disabled,
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}

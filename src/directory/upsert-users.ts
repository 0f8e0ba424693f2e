import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { alreadyExists, refuse } from '../call/failure.ts';
import { repeats } from '../call/repeats.ts';
import type {
  UpsertUsersRequest,
  UpsertUsersResponseSchema,
} from '../gen/lightning/projects/v1/directory_service_pb.ts';
import { changePeople } from './change-people.ts';
import { emailKey } from './email-key.ts';
import { lockDirectory } from './lock-directory.ts';
import { passProjectsOfPlaceholders } from './pass-projects.ts';
import { type UserFacts, type UserRow, userFacts, userMessage } from './user-message.ts';
import { users, usersAndNamesakes } from './user-query.ts';
import { writeUsers } from './write-users.ts';

/**
 * Creates people or replaces what is known of them, all or none. Beyond Lightning, which owns its users.
 *
 * A constant number of statements for any number of people; who does not change is not written. Addresses may
 * change hands within one request: only the state after it has to be unique. A placeholder that has one of the
 * addresses is taken over by the person.
 */
export async function upsertUsers(
  request: UpsertUsersRequest,
  call: Call,
): Promise<MessageInitShape<typeof UpsertUsersResponseSchema>> {
  const wanted = request.users.map(userFacts);
  const ids = wanted.map(({ id }) => id);
  refuse([
    ...repeats(ids, (index) => `users[${index}].id`),
    ...repeats(
      wanted.map(({ email }) => emailKey(email)),
      (index) => `users[${index}].email`,
    ),
  ]);

  await passProjectsOfPlaceholders(call.read, wanted);
  return await changePeople(() =>
    call.change(async (unit) => {
      await lockDirectory(unit);
      const present = await usersAndNamesakes(unit.db, wanted).forNoKeyUpdate().execute();
      refuseTaken(wanted, present);
      await writeUsers(unit, wanted, present);
      const rows = await users(unit.db).where('id', 'in', ids).execute();
      const byId = new Map(rows.map((row) => [row.id, userMessage(row)]));
      return { users: ids.map((id) => byId.get(id)).filter((user) => user !== undefined) };
    }),
  );
}

function refuseTaken(wanted: readonly UserFacts[], present: readonly UserRow[]): void {
  const named = new Set(wanted.map(({ id }) => id));
  const others = new Map(
    present
      .filter(({ id, placeholder }) => !placeholder && !named.has(id))
      .map((row) => [emailKey(row.email), row.id]),
  );
  const taken = wanted.flatMap(({ email }, index) => {
    const holder = others.get(emailKey(email));
    return holder === undefined ? [] : [{ index, email, holder }];
  });
  const [first] = taken;
  if (first === undefined) return;
  const fields = taken.map(({ index, email, holder }) => ({
    field: `users[${index}].email`,
    description: `${email} is the address of user ${holder}`,
  }));
  throw alreadyExists('EMAIL_TAKEN', fields, { type: 'user', name: first.holder });
}

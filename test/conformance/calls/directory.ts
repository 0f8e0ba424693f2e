import { DirectoryService } from '../../../src/gen/lightning/projects/v1/directory_service_pb.ts';
import { ownId, people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { upsertUsers, batchGetUsers, disableUser, upsertCredentials, deleteCredential } =
  DirectoryService.method;

/** The people of all other calls, and their credentials. */
export async function directoryCalls(calls: Transcript): Promise<void> {
  const users = Object.values(people);
  await calls.answer('admin', upsertUsers, 'registers people', { users });
  await calls.answer('admin', upsertUsers, 'says the same again', { users: [people.owner] });
  await calls.refusal('nobody', upsertUsers, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', { users });
  await calls.refusal('forger', upsertUsers, 'UNAUTHENTICATED TOKEN_INVALID', 'with a token of others', {
    users,
  });
  await calls.refusal('owner', upsertUsers, 'PERMISSION_DENIED SERVICE_REQUIRED', 'as a person', { users });
  await calls.refusal('admin', upsertUsers, 'INVALID_ARGUMENT VALIDATION_FAILED', 'nobody', {});
  await calls.refusal('admin', upsertUsers, 'INVALID_ARGUMENT VALIDATION_FAILED', 'bad in several fields', {
    users: [{ id: 'one', email: 'nowhere' }, { id: ownId(1) }],
  });
  await calls.refusal('admin', upsertUsers, 'ALREADY_EXISTS EMAIL_TAKEN', "another one's address", {
    users: [{ id: ownId(1), email: people.owner.email.toUpperCase() }],
  });

  await calls.answer('admin', batchGetUsers, 'known and unknown ones', {
    ids: [people.viewer.id, unknownId, people.owner.id],
  });
  await calls.refusal('reader', batchGetUsers, 'PERMISSION_DENIED SERVICE_REQUIRED', 'with projects:read', {
    ids: [people.viewer.id],
  });
  await calls.refusal('admin', batchGetUsers, 'INVALID_ARGUMENT VALIDATION_FAILED', 'none', {});

  const credential = { id: ownId(2), userId: people.owner.id, name: 'Field forms', schema: 'http' };
  await calls.answer('admin', upsertCredentials, 'registers one', { credentials: [credential] });
  await calls.refusal('admin', upsertCredentials, 'INVALID_ARGUMENT UNKNOWN_USER', 'of nobody', {
    credentials: [{ ...credential, id: ownId(3), userId: unknownId }],
  });

  const leaver = { id: ownId(4), email: 'leaver@example.org' };
  await calls.answer('admin', upsertUsers, 'registers somebody who leaves', { users: [leaver] });
  await calls.answer('admin', disableUser, 'somebody', { id: leaver.id.toUpperCase() });
  await calls.answer('admin', disableUser, 'the same again', { id: leaver.id });
  await calls.refusal('admin', disableUser, 'NOT_FOUND USER_NOT_FOUND', 'nobody', { id: unknownId });
  await calls.refusal('owner', disableUser, 'PERMISSION_DENIED SERVICE_REQUIRED', 'as a person', {
    id: leaver.id,
  });
  const left = { ...credential, id: ownId(5), userId: leaver.id };
  await calls.answer('admin', upsertCredentials, 'registers one that goes', { credentials: [left] });
  await calls.answer('admin', deleteCredential, 'one', { id: left.id });
  await calls.refusal('admin', deleteCredential, 'NOT_FOUND CREDENTIAL_NOT_FOUND', 'the same again', {
    id: left.id,
  });
}

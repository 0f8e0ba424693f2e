import type { DirectoryService } from '../gen/lightning/projects/v1/directory_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { batchGetUsers } from './batch-get-users.ts';
import { deleteCredential } from './delete-credential.ts';
import { disableUser } from './disable-user.ts';
import { upsertCredentials } from './upsert-credentials.ts';
import { upsertUsers } from './upsert-users.ts';

export const directoryService: Rpcs<typeof DirectoryService> = {
  upsertUsers,
  batchGetUsers,
  disableUser,
  upsertCredentials,
  deleteCredential,
};

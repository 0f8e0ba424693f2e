import { randomUUID } from 'node:crypto';
import { aProject } from '../../support/projects.ts';
import { aUser, DirectoryService, MembersService } from '../../support/service.ts';
import type { Change } from './change.ts';

/** Members, people and their credentials. */
export const peopleChanges: readonly Change[] = [
  {
    method: 'MembersService.AddMembers',
    way: 'a member',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, added] = [await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner });
      const members = service.client(MembersService, service.admin);
      return {
        async make(options) {
          await members.addMembers({ projectId, members: [{ userId: added.id }] }, options);
          return `project_users where user_id = '${added.id}'`;
        },
        refused: () => members.addMembers({ projectId, members: [{ userId: randomUUID() }] }),
      };
    },
  },
  {
    method: 'DirectoryService.UpsertUsers',
    way: 'a person',
    kinds: ['users_changed'],
    async prepare(service) {
      const { email } = await aUser(service);
      const directory = service.client(DirectoryService, service.admin);
      const id = randomUUID();
      const request = { users: [{ id, email: `${id}@example.org` }] };
      return {
        async make(options) {
          await directory.upsertUsers(request, options);
          return `users where id = '${id}'`;
        },
        repeat: () => directory.upsertUsers(request),
        refused: () => directory.upsertUsers({ users: [{ id: randomUUID(), email }] }),
      };
    },
  },
  {
    method: 'DirectoryService.UpsertCredentials',
    way: 'a credential',
    kinds: ['credentials_changed'],
    async prepare(service) {
      const { id: userId } = await aUser(service);
      const directory = service.client(DirectoryService, service.admin);
      const credential = { id: randomUUID(), userId, name: 'Field forms', schema: 'http' };
      const unknown = { ...credential, id: randomUUID(), userId: randomUUID() };
      return {
        async make(options) {
          await directory.upsertCredentials({ credentials: [credential] }, options);
          return `credentials where id = '${credential.id}'`;
        },
        repeat: () => directory.upsertCredentials({ credentials: [credential] }),
        refused: () => directory.upsertCredentials({ credentials: [unknown] }),
      };
    },
  },
];

import { randomUUID } from 'node:crypto';
import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { aCredential, attach, jobWith } from '../../support/credentials.ts';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
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
    method: 'MembersService.UpdateMember',
    way: 'a role',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, viewer] = [await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner, viewer });
      const members = service.client(MembersService, service.admin);
      const request = { member: { projectId, userId: viewer.id, role: Role.EDITOR } };
      return {
        async make(options) {
          const { member } = await members.updateMember(request, options);
          return `project_users where id = '${member?.id}'`;
        },
        repeat: () => members.updateMember(request),
        refused: () => members.updateMember({ member: { ...request.member, role: Role.OWNER } }),
      };
    },
  },
  {
    method: 'MembersService.RemoveMember',
    way: 'a member who brought a credential',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, editor] = [await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner, editor });
      const use = await attach(service, await aCredential(service, editor), projectId);
      const job = await jobWith(service, projectId, use);
      const members = service.client(MembersService, service.admin);
      return {
        async make(options) {
          await members.removeMember({ projectId, userId: editor.id }, options);
          return `jobs where id = '${job}'`;
        },
        refused: () => members.removeMember({ projectId, userId: owner.id }),
      };
    },
  },
  {
    method: 'MembersService.TransferOwnership',
    way: 'the owner',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, admin] = [await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner, admin });
      const members = service.client(MembersService, service.admin);
      const request = { projectId, userId: admin.id };
      return {
        async make(options) {
          const { previousOwner } = await members.transferOwnership(request, options);
          return `project_users where id = '${previousOwner?.id}'`;
        },
        repeat: () => members.transferOwnership(request),
        refused: () => members.transferOwnership({ projectId, userId: randomUUID() }),
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
    method: 'DirectoryService.UpsertUsers',
    way: 'a person who takes over a placeholder',
    kinds: ['users_changed', 'members_changed', 'credentials_changed', 'users_changed'],
    async prepare(service) {
      const placeholder = await aUser(service);
      const { id: projectId } = await aProject(service, { owner: placeholder });
      await aCredential(service, placeholder);
      await rows(service, 'update users set placeholder = true where id = $1', [placeholder.id]);
      const directory = service.client(DirectoryService, service.admin);
      const request = { users: [{ id: randomUUID(), email: placeholder.email }] };
      const { email } = await aUser(service);
      return {
        async make(options) {
          await directory.upsertUsers(request, options);
          return `project_users where project_id = '${projectId}'`;
        },
        repeat: () => directory.upsertUsers(request),
        refused: () => directory.upsertUsers({ users: [...request.users, { id: randomUUID(), email }] }),
      };
    },
  },
  {
    method: 'DirectoryService.DisableUser',
    way: 'a person',
    kinds: ['users_changed'],
    async prepare(service) {
      const { id } = await aUser(service);
      const directory = service.client(DirectoryService, service.admin);
      return {
        async make(options) {
          await directory.disableUser({ id }, options);
          return `users where id = '${id}'`;
        },
        repeat: () => directory.disableUser({ id }),
        refused: () => directory.disableUser({ id: randomUUID() }),
      };
    },
  },
  {
    method: 'DirectoryService.DeleteCredential',
    way: 'a credential that a project uses',
    kinds: ['credentials_changed', 'credentials_changed'],
    async prepare(service) {
      const owner = await aUser(service);
      const { id: projectId } = await aProject(service, { owner });
      const id = await aCredential(service, owner);
      const job = await jobWith(service, projectId, await attach(service, id, projectId));
      const directory = service.client(DirectoryService, service.admin);
      return {
        async make(options) {
          await directory.deleteCredential({ id }, options);
          return `jobs where id = '${job}'`;
        },
        refused: () => directory.deleteCredential({ id: randomUUID() }),
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

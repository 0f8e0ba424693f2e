import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperationKind, OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { deletingDataclips, type Operations, openOperations } from './operations-fixture.ts';

let operations: Operations;
let service: TestService;
let cast: Awaited<ReturnType<typeof aCast>>;
beforeAll(async () => {
  operations = await openOperations();
  service = operations.service;
  cast = await aCast();
});
afterAll(() => operations[Symbol.asyncDispose]());

/** Those who may have something to do with an operation on a sandbox, and the sandbox. */
async function aCast() {
  const people = {
    owner: await aUser(service),
    admin: await aUser(service),
    editor: await aUser(service),
    rootAdmin: await aUser(service),
    rootEditor: await aUser(service),
    between: await aUser(service),
    starter: await aUser(service),
    superuser: await aUser(service, { superuser: true }),
    support: await aUser(service, { supportUser: true }),
    stranger: await aUser(service),
  };
  const rootOwner = await aUser(service);
  const root = await aProject(service, {
    owner: rootOwner,
    admin: people.rootAdmin,
    editor: people.rootEditor,
  });
  const middle = await aProject(service, { owner: people.between }, { parentId: root.id });
  const { id: projectId } = await aProject(
    service,
    { owner: people.owner, admin: people.admin, editor: people.editor },
    { parentId: middle.id },
  );
  // As it is once batches have been deleted: nobody can see the project itself any more.
  await rows(service, 'update projects set deletion_started_at = now() where id = $1', [projectId]);
  const tokens = Object.entries(people).map(([name, { token }]) => [name, token] as const);
  return {
    projectId,
    starterId: people.starter.id,
    callers: [...tokens, ['reader', service.reader], ['service', service.admin]] as const,
  };
}

/** An operation on the sandbox that has not ended. */
async function anOperation(): Promise<string> {
  const [started] = await operations.start([cast.projectId], { actorId: cast.starterId });
  return started?.id ?? '';
}

describe.each(['client', 'httpClient'] as const)('An operation, by %s', (kind) => {
  it('is seen by whom it concerns, and is NOT_FOUND to all others', async () => {
    const { projectId, callers } = cast;
    const id = await anOperation();
    const seen: Record<string, string> = {};
    for (const [name, token] of callers) {
      const client = service[kind](OperationsService, token);
      const read = await client.getOperation({ id }).then(
        () => 'seen',
        async () => (await refusal(client.getOperation({ id }))).reason,
      );
      const { operations: listed } = await client.listOperations({ pageSize: 1000 });
      const ofProject = await client.listOperations({ projectId, pageSize: 1000 });
      seen[name] = [
        read,
        ...[listed, ofProject.operations].map((all) => all.some((one) => one.id === id)),
      ].join(' ');
    }
    expect(seen).toEqual({
      owner: 'seen false true',
      admin: 'seen false true',
      editor: 'OPERATION_NOT_FOUND false false',
      rootAdmin: 'seen false true',
      rootEditor: 'OPERATION_NOT_FOUND false false',
      between: 'OPERATION_NOT_FOUND false false',
      starter: 'seen true true',
      superuser: 'seen true true',
      support: 'OPERATION_NOT_FOUND false false',
      stranger: 'OPERATION_NOT_FOUND false false',
      reader: 'seen true true',
      service: 'seen true true',
    });
  });

  it('is cancelled by owners, superusers and services, once', async () => {
    const outcomes: Record<string, unknown> = {};
    for (const [name, token] of cast.callers) {
      const id = await anOperation();
      const client = service[kind](OperationsService, token);
      outcomes[name] = await client.cancelOperation({ id }).then(
        ({ operation }) => operation?.state === OperationState.CANCELLED && 'CANCELLED',
        async () => (await refusal(client.cancelOperation({ id }))).reason,
      );
    }
    expect(outcomes).toEqual({
      owner: 'CANCELLED',
      admin: 'ROLE_REQUIRED',
      editor: 'OPERATION_NOT_FOUND',
      rootAdmin: 'ROLE_REQUIRED',
      rootEditor: 'OPERATION_NOT_FOUND',
      between: 'OPERATION_NOT_FOUND',
      starter: 'ROLE_REQUIRED',
      superuser: 'CANCELLED',
      support: 'OPERATION_NOT_FOUND',
      stranger: 'OPERATION_NOT_FOUND',
      reader: 'SCOPE_REQUIRED',
      service: 'CANCELLED',
    });
  });

  it('that has ended cannot be cancelled', async () => {
    const id = await anOperation();
    const client = service[kind](OperationsService, service.admin);
    await client.cancelOperation({ id });
    expect(await refusal(client.cancelOperation({ id }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'OPERATION_FINISHED',
      subjects: [`operations/${id}`],
    });
  });

  it('is NOT_FOUND when there is none', async () => {
    const client = service[kind](OperationsService, service.admin);
    const id = crypto.randomUUID();
    const not = { code: 'NOT_FOUND', reason: 'OPERATION_NOT_FOUND', resources: [`operation/${id}`] };
    expect(await refusal(client.getOperation({ id }))).toMatchObject(not);
    expect(await refusal(client.cancelOperation({ id }))).toMatchObject(not);
    expect(await refusal(Array.fromAsync(client.watchOperation({ id })))).toMatchObject(not);
  });
});

describe('ListOperations', () => {
  it('pages through what its filters let pass, the newest first', async () => {
    const client = service.client(OperationsService, service.admin);
    const projectId = await operations.projectWith(0);
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const [started] = await operations.start([projectId]);
      ids.unshift(started?.id ?? '');
      await client.cancelOperation({ id: started?.id ?? '' });
    }
    // What began in the same moment comes by its id.
    await rows(
      service,
      'update operations set inserted_at = (select inserted_at from operations where id = $2) where id = any($1)',
      [ids.slice(1, 4), ids[2]],
    );
    const [retention] = await operations.start([projectId], { kind: 'enforce_retention' });

    const listed: string[] = [];
    const filter = { projectId, kinds: [OperationKind.DELETE_PROJECT], states: [OperationState.CANCELLED] };
    for (let pageToken = ''; ; ) {
      const page = await client.listOperations({ ...filter, pageSize: 2, pageToken });
      listed.push(...page.operations.map(({ id }) => id));
      if (page.nextPageToken === '') break;
      pageToken = page.nextPageToken;
    }
    expect(listed).toEqual(ids);
    const { nextPageToken } = await client.listOperations({ ...filter, pageSize: 2 });
    for (const other of [{ projectId: '' }, { kinds: [] }, { states: [OperationState.FAILED] }]) {
      const refused = refusal(client.listOperations({ ...filter, ...other, pageToken: nextPageToken }));
      expect((await refused).fields).toHaveProperty('page_token');
    }
    const pending = await client.listOperations({ projectId, states: [OperationState.PENDING] });
    expect(pending.operations.map(({ id }) => id)).toEqual([retention?.id]);
    expect(await refusal(client.listOperations({ states: [OperationState.UNSPECIFIED] }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'states[0]': 'must not be UNSPECIFIED' },
    });
  });
});

describe('A job that failed for good', () => {
  it('is listed among the operations of everybody, whatever it was', async () => {
    const [failed] = await rows<{ id: string }>(
      service,
      `insert into operations (kind, state, error_reason, finished_at)
       values ('of_the_clock', 'failed', 'INTERNAL', now()) returning id`,
    );
    const client = service.client(OperationsService, service.admin);
    const { operations: listed } = await client.listOperations({ states: [OperationState.FAILED] });
    expect(listed.map(({ id, kind }) => ({ id, kind }))).toContainEqual({
      id: failed?.id,
      kind: OperationKind.UNSPECIFIED,
    });
  });
});

describe('WatchOperation', () => {
  it('shows another replica how far an operation is, and ends with its last state', async () => {
    await using replica = await startTestService({ ROLES: 'rpc', DATABASE_URL: service.databaseUrl });
    const projectId = await operations.projectWith(40);
    const [started] = await operations.start([projectId]);
    const seen: { done: bigint; total: bigint; state: OperationState }[] = [];
    const watching = (async () => {
      const client = replica.client(OperationsService, service.admin);
      for await (const { operation } of client.watchOperation({ id: started?.id ?? '' })) {
        if (operation === undefined) continue;
        const { done, total, state } = operation;
        seen.push({ done, total, state });
      }
    })();
    await expect.poll(() => seen.length).toBe(1);
    let batches = 0;
    const runner = operations.work((id) =>
      deletingDataclips(id, async () => {
        if (id !== projectId) return 0;
        // The batch before this one has been seen, so that none passes between two looks.
        if (batches > 0) await expect.poll(() => seen.at(-1)?.done).toBe(BigInt(Math.min(batches, 4) * 10));
        batches += 1;
        return 0;
      }),
    );
    await watching;
    await runner.stop();
    expect(seen[0]).toEqual({ done: 0n, total: 0n, state: OperationState.PENDING });
    expect(seen.map(({ done }) => done).filter((done, index, all) => done !== all[index - 1])).toEqual([
      0n,
      10n,
      20n,
      30n,
      40n,
    ]);
    expect(seen.at(-1)).toEqual({ done: 40n, total: 40n, state: OperationState.SUCCEEDED });
  });

  it('answers once for an operation that has ended', async () => {
    const [started] = await operations.start([await operations.projectWith(0)]);
    const client = service.client(OperationsService, service.admin);
    await client.cancelOperation({ id: started?.id ?? '' });
    const messages = await Array.fromAsync(client.watchOperation({ id: started?.id ?? '' }));
    expect(messages.map(({ operation }) => operation?.state)).toEqual([OperationState.CANCELLED]);
  });

  it.each([
    [
      'disabled',
      'USER_DISABLED',
      (_projectId: string, id: string) => service.client(DirectoryService, service.admin).disableUser({ id }),
    ],
    [
      'no admin of the project any more',
      'OPERATION_NOT_FOUND',
      (projectId: string, userId: string) =>
        service.client(MembersService, service.admin).removeMember({ projectId, userId }),
    ],
  ])('tells nothing more to somebody who is %s', async (_, reason, lose) => {
    const admin = await aUser(service);
    const { id: projectId } = await aProject(service, { owner: await aUser(service), admin });
    const [started] = await operations.start([projectId], { kind: 'enforce_retention' });
    const id = started?.id ?? '';
    let seen = 0;
    const watching = (async () => {
      const watched = service.client(OperationsService, admin.token).watchOperation({ id });
      for await (const _message of watched) seen += 1;
    })();
    const ended = ending(watching);
    await expect.poll(() => seen).toBe(1);
    await lose(projectId, admin.id);
    await rows(service, 'update operations set done_units = 1 where id = $1', [id]);
    expect(await ended).toBe(reason);
    expect(seen).toBe(1);
  });
});

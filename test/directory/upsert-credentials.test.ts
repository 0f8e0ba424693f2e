import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
let directory: Client<typeof DirectoryService>;
let owner: TestUser;

beforeAll(async () => {
  service = await startTestService();
  directory = service.client(DirectoryService, service.admin);
  owner = await aUser(service);
});
afterAll(() => service.close());

function credential() {
  return { id: randomUUID(), userId: owner.id, name: 'Main server', schema: 'dhis2' };
}

function changes(id: string): Promise<{ changes: unknown }[]> {
  return rows(
    service,
    `select changes from audit_events
     where kind = 'credentials_changed' and item_type = 'credential' and item_id = $1 order by id`,
    [id],
  );
}

describe('UpsertCredentials', () => {
  it('creates credentials and answers in the order of the request', async () => {
    const oauthClientId = randomUUID();
    const credentials = [credential(), { ...credential(), oauthClientId }, credential()];

    const answer = await directory.upsertCredentials({ credentials });

    expect(answer.credentials).toMatchObject(credentials);
    expect(answer.credentials.map((one) => one.oauthClientId)).toEqual([undefined, oauthClientId, undefined]);
  });

  it('replaces all that was known and records what changed', async () => {
    const other = await aUser(service);
    const before = { ...credential(), oauthClientId: randomUUID() };
    await directory.upsertCredentials({ credentials: [before] });

    const { credentials } = await directory.upsertCredentials({
      credentials: [{ id: before.id, userId: other.id, name: 'Renamed', schema: 'dhis2' }],
    });

    expect(credentials[0]).toMatchObject({ id: before.id, userId: other.id, name: 'Renamed' });
    expect(credentials[0]?.oauthClientId).toBeUndefined();
    expect((await changes(before.id))[1]?.changes).toEqual({
      user_id: { before: owner.id, after: other.id },
      name: { before: 'Main server', after: 'Renamed' },
      oauth_client_id: { before: before.oauthClientId, after: null },
    });
  });

  it('writes nothing for a credential that did not change', async () => {
    const [kept, added] = [credential(), credential()];
    const first = await directory.upsertCredentials({ credentials: [kept] });

    const { credentials } = await directory.upsertCredentials({
      credentials: [{ ...kept, id: kept.id.toUpperCase(), userId: kept.userId.toUpperCase() }, added],
    });

    expect(credentials[0]).toEqual(first.credentials[0]);
    expect(await changes(kept.id)).toHaveLength(1);
    expect(await changes(added.id)).toHaveLength(1);
  });

  it('refuses unknown owners, naming each, and writes none', async () => {
    const known = credential();
    const [nobody, nobodyElse] = [randomUUID(), randomUUID()];

    const refused = await refusal(
      directory.upsertCredentials({
        credentials: [{ ...credential(), userId: nobody }, known, { ...credential(), userId: nobodyElse }],
      }),
    );

    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: {
        'credentials[0].user_id': expect.stringContaining(nobody),
        'credentials[2].user_id': expect.stringContaining(nobodyElse),
      },
    });
    expect(await changes(known.id)).toEqual([]);
  });

  it('refuses an id that stands in the request twice', async () => {
    const one = credential();

    const refused = await refusal(
      directory.upsertCredentials({ credentials: [one, { ...one, id: one.id.toUpperCase() }] }),
    );

    expect(refused).toMatchObject({
      reason: 'VALIDATION_FAILED',
      fields: { 'credentials[1].id': 'REPEATED' },
    });
  });

  it('lets concurrent requests for the same credentials through', async () => {
    const credentials = Array.from({ length: 20 }, credential);

    await Promise.all(
      Array.from({ length: 6 }, (_, index) => {
        const named = credentials.map((one) => ({ ...one, name: `Name ${index}` }));
        return directory.upsertCredentials({ credentials: index % 2 === 0 ? named : named.toReversed() });
      }),
    );

    const names = await rows(service, 'select distinct name from credentials where id = any($1)', [
      credentials.map(({ id }) => id),
    ]);
    expect(names).toEqual([{ name: expect.stringMatching(/^Name [0-5]$/) }]);
  });
});

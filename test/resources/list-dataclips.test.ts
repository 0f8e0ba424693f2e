import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { DataclipType } from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { type DataclipTypeName, dataclipTypes } from '../../src/resources/dataclip-message.ts';
import { filterBy, isWithin, passes } from '../support/filters.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { anyRange, ids, insertedWithin, newestFirst, text } from './support/history.ts';

const seed = Date.now();
const names = ['', 'a', 'ab', 'a%', 'a_b', 'B', 'é', '\\'];

interface MadeDataclip {
  readonly id: string;
  readonly at: number;
  readonly name: string | null;
  readonly type: DataclipTypeName;
}

let service: TestService;
let projectId: string;
let made: readonly MadeDataclip[];
beforeAll(async () => {
  service = await startTestService();
  ({ id: projectId } = await aProject(service));
  const { id: otherId } = await aProject(service);
  const dataclip = fc.record({
    id: fc.uuid(),
    at: fc.nat({ max: 12 }),
    name: fc.option(fc.constantFrom(...names)),
    type: fc.constantFrom(...dataclipTypes.names),
  });
  const all = fc.sample(dataclip, { seed, numRuns: 200 });
  made = all.slice(0, 150);
  await rows(
    service,
    `insert into dataclips (id, project_id, name, type, inserted_at)
     select id, case when n <= 150 then $1 else $2 end::uuid, name, type, inserted_at
     from rows from (jsonb_to_recordset($3::jsonb) as (id uuid, name text, type text, inserted_at timestamptz))
       with ordinality as row (id, name, type, inserted_at, n)`,
    [projectId, otherId, JSON.stringify(all.map((row) => ({ ...row, inserted_at: text(row.at) })))],
  );
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

const filters = {
  types: filterBy<string>(dataclipTypes.names, 5),
  named: fc.constantFrom(true, false, undefined),
  ...anyRange,
};

const typesOf = (wanted: readonly string[]) =>
  dataclipTypes.names.filter((name) => wanted.includes(name)).map(dataclipTypes.value);

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('ListDataclips', () => {
  it('shows all that is known of a dataclip but what it holds', async () => {
    const { id } = await aProject(service);
    const dataclipId = randomUUID();
    await rows(
      service,
      `insert into dataclips (id, project_id, name, type, body, request, wiped_at, inserted_at, updated_at)
       values ($1, $2, 'Yesterday', 'http_request', '{"a": 1}', '{"b": 2}', '1970-01-01 00:00:01Z',
         '1970-01-01 00:00:02Z', '1970-01-01 00:00:03Z')`,
      [dataclipId, id],
    );

    const { dataclips } = await client().listDataclips({ projectId: id });

    expect(dataclips).toMatchObject([
      {
        id: dataclipId,
        projectId: id,
        name: 'Yesterday',
        type: DataclipType.HTTP_REQUEST,
        wipedAt: { seconds: 1n },
        insertedAt: { seconds: 2n },
        updatedAt: { seconds: 3n },
      },
    ]);
  });

  it(`pages through what passes its filters, the newest first, whatever they are (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(filters), async ({ types, named, from, before, pageSize }) => {
        const request = {
          projectId,
          types: typesOf(types),
          ...(named === undefined ? {} : { named }),
          ...insertedWithin(from, before),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listDataclips({ ...request, pageToken }),
          ({ dataclips }) => ids(dataclips),
        );
        const expected = newestFirst(made)
          .filter(({ type }) => passes<string>(types, type))
          .filter(({ name }) => named === undefined || named === (name !== null))
          .filter(({ at }) => isWithin(at, from, before));
        expectPages(pages, pageSize, ids(expected));
      }),
      { seed, numRuns: 40 },
    );
  });

  it(`sorts by name, bytewise, what begins with a prefix, which is taken literally (seed ${seed})`, async () => {
    const prefixed = fc.record({
      ...filters,
      namePrefix: fc.constantFrom(...names.filter((name) => name !== '')),
    });
    await fc.assert(
      fc.asyncProperty(prefixed, async ({ namePrefix, types, named, from, before, pageSize }) => {
        const request = {
          projectId,
          namePrefix,
          types: typesOf(types),
          ...(named === undefined ? {} : { named }),
          ...insertedWithin(from, before),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listDataclips({ ...request, pageToken }),
          ({ dataclips }) => dataclips.map(({ name, id }) => ({ name, id })),
        );
        const expected = made
          .flatMap(({ name, ...rest }) => (name?.startsWith(namePrefix) ? [{ name, ...rest }] : []))
          .filter(() => named !== false)
          .filter(({ type }) => passes<string>(types, type))
          .filter(({ at }) => isWithin(at, from, before))
          .map(({ name, id }) => ({ name, id }))
          .toSorted((a, b) => bytewise(a.name, b.name) || bytewise(a.id, b.id));
        expectPages(pages, pageSize, expected);
      }),
      { seed, numRuns: 40 },
    );
  });

  it('refuses a type that is none, and a token when the prefix, hence the order, has changed', async () => {
    const { nextPageToken: pageToken } = await client().listDataclips({ projectId, pageSize: 1 });

    expect(
      await refusal(client().listDataclips({ projectId, types: [DataclipType.UNSPECIFIED] })),
    ).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { 'types[0]': expect.any(String) } });
    expect(await refusal(client().listDataclips({ projectId, pageToken, namePrefix: 'a' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_token: expect.any(String) },
    });
  });
});

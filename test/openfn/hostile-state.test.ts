import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chain, newProject, projectDocument } from '../exchange/support/documents.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { postProvision, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const aProjectId = () => newProject(service, projectDocument(chain('w', ['a'])));

describe('the collections of a posted state', () => {
  /** The collections of a project, as the answer to a post has them. */
  async function afterPosting(id: string, collections: readonly object[]) {
    const { collections: left } = stateIn(await postProvision(service, { id, collections }));
    return new Map(Object.values(left ?? {}).map(({ id, name }) => [name, id]));
  }

  it('may pass names on from one to another', async () => {
    const id = await aProjectId();
    const [first, second] = [randomUUID(), randomUUID()];
    await afterPosting(id, [
      { id: first, name: 'left' },
      { id: second, name: 'right' },
    ]);
    const swapped = await afterPosting(id, [
      { id: first, name: 'right' },
      { id: second, name: 'left' },
    ]);
    expect(swapped).toEqual(
      new Map([
        ['right', first],
        ['left', second],
      ]),
    );
  });

  it('may leave a name to a new one', async () => {
    const id = await aProjectId();
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    await afterPosting(id, [{ id: first, name: 'orders' }]);
    const renamed = await afterPosting(id, [
      { id: first, name: 'old-orders' },
      { id: second, name: 'orders' },
    ]);
    expect(renamed).toEqual(
      new Map([
        ['old-orders', first],
        ['orders', second],
      ]),
    );
    const replaced = await afterPosting(id, [
      { id: second, delete: true },
      { id: third, name: 'orders' },
    ]);
    expect(replaced.get('orders')).toBe(third);
  });
});

describe('a body that is no text', () => {
  it('is refused, and nothing of it is stored', async () => {
    const id = await aProjectId();
    const head = Buffer.from(`{"id": "${id}", "description": "`);
    const response = await fetch(`${service.httpUrl}/api/provision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.admin}` },
      body: Buffer.concat([head, Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
    });
    expect([response.status, await response.json()]).toEqual([
      422,
      { errors: { base: ['the document is not UTF-8'] } },
    ]);
    expect(await stateOf(service, id)).toMatchObject({ description: null });
  });
});

describe('a body of too many values', () => {
  it('is refused before it is parsed', async () => {
    const response = await fetch(`${service.httpUrl}/api/provision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.admin}` },
      body: `{"workflows": [${'[],'.repeat(1_000_000)}[]]}`,
    });
    expect([response.status, await response.json()]).toEqual([
      422,
      { errors: { base: ['the document holds more than 1000000 values'] } },
    ]);
  });
});

describe('a body in which all is wrong', () => {
  const all = (kind: string, records: string) =>
    `{"id": "${randomUUID()}", "name": "p", "workflows": [{"id": "${randomUUID()}", "name": "all", "${kind}": ${records}}]}`;

  it('is refused with the first 1,000 problems, whatever it holds besides', async () => {
    const { status, text } = await postProvision(service, all('jobs', `[${'1,'.repeat(900_000)}1]`));
    expect(status).toBe(422);
    const { base, workflows } = JSON.parse(text).errors;
    expect(base).toEqual(['more may be wrong: only the first 1000 problems are told']);
    expect(Object.keys(workflows.all.jobs).length).toBeLessThanOrEqual(1000);
  });

  it('is refused so too where every record by itself is well-formed', async () => {
    const edges = JSON.stringify(Array.from({ length: 20_000 }, () => ({ id: randomUUID() })));
    const { status, text } = await postProvision(service, all('edges', edges));
    expect(status).toBe(422);
    const { base, workflows } = JSON.parse(text).errors;
    expect(base).toEqual(['more may be wrong: only the first 1000 problems are told']);
    // Each edge lacks both ends.
    expect(Object.keys(workflows.all.edges)).toHaveLength(500);
  });
});

describe('credentials of one name that hundreds of people have', () => {
  it('are found without comparing the owner of each with all others', async () => {
    const most = 500;
    const owners = Array.from({ length: most }, (_, index) => `owner-${index}@example.org`);
    await rows(service, 'insert into users (email) select unnest($1::text[])', [owners]);
    await rows(
      service,
      `insert into credentials (user_id, name, schema) select id, 'shared', 'raw' from users`,
    );
    const project_credentials = owners.map((owner) => ({ id: randomUUID(), name: 'shared', owner }));
    const document = { id: randomUUID(), name: 'many', project_credentials };

    // How an address is made comparable.
    const replaced = vi.spyOn(String.prototype, 'replace');
    const state = stateIn(await postProvision(service, document));
    const compared = replaced.mock.contexts.filter((text) => String(text).startsWith('owner-')).length;
    replaced.mockRestore();

    expect(state.project_credentials).toHaveLength(most);
    expect(compared).toBeGreaterThanOrEqual(most);
    expect(compared).toBeLessThan(20 * most);
  });
});

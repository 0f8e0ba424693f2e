import { randomUUID } from 'node:crypto';
import type { DescMessage } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { implementedMethods } from '../conformance/implemented-methods.ts';
import { nameOf } from '../conformance/transcript.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { deletionChanges } from './changes/deletions.ts';
import { documentChanges } from './changes/documents.ts';
import { invitationChanges } from './changes/invitations.ts';
import { maintenanceChanges } from './changes/maintenance.ts';
import { operationChanges } from './changes/operations.ts';
import { peopleChanges } from './changes/people.ts';
import { projectChanges } from './changes/projects.ts';
import { sandboxChanges } from './changes/sandboxes.ts';

const changes = [
  ...projectChanges,
  ...deletionChanges,
  ...sandboxChanges,
  ...documentChanges,
  ...peopleChanges,
  ...invitationChanges,
  ...maintenanceChanges,
  ...operationChanges,
];

let service: TestService;
let methods: Awaited<ReturnType<typeof implementedMethods>>;

beforeAll(async () => {
  // Without workers: what they do is a change of its own.
  service = await startTestService({ ROLES: 'rpc' });
  methods = await implementedMethods(service);
});

afterAll(() => service.close());

/** How much is written down by now. */
async function written(): Promise<unknown> {
  const [counts] = await rows(
    service,
    'select (select count(*) from events) as events, (select count(*) from audit_events) as audit',
  );
  return counts;
}

describe('the changes that are tested here', () => {
  it('are those of every method that changes something', () => {
    const changing = methods.filter(
      ({ idempotency }) => idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
    );
    expect([...new Set(changes.map(({ method }) => method))].toSorted()).toEqual(
      changing.map(nameOf).toSorted(),
    );
  });
});

describe.each(changes)('$method, $way', ({ method, kinds, earlier = [], by, prepare }) => {
  it('writes its events and its audit rows in its own transaction', async () => {
    const { make } = await prepare(service);
    const requestId = randomUUID();
    const changed = await make({ headers: { 'x-request-id': requestId } });

    const [row] = await rows<{ xmin: string }>(service, `select xmin::text from ${changed}`);
    const audit = await rows(
      service,
      `select kind, method, service, xmin::text from audit_events where request_id = $1 order by id`,
      [requestId],
    );
    const its = { method, service: by === undefined ? 'test-projects:admin' : null, xmin: row?.xmin };
    const inItsTransaction = audit.filter(({ xmin }) => xmin === row?.xmin);
    expect(inItsTransaction).toEqual(kinds.map((kind) => ({ kind, ...its })));
    const others = audit.filter(({ xmin }) => xmin !== row?.xmin);
    expect(others.map(({ kind }) => kind)).toEqual(earlier);
    const events = await rows(service, 'select kind from events where xmin::text = $1 order by id', [
      row?.xmin,
    ]);
    expect(events).toEqual(kinds.map((kind) => ({ kind })));
  });

  it('writes none of them when it is only checked, refused, or repeated without a change', async () => {
    const { make, check, repeat, refused } = await prepare(service);
    const canCheck = methods.some((one) => nameOf(one) === method && hasField(one.input, 'validate_only'));
    expect(check !== undefined, 'is checked').toBe(canCheck);
    const before = await written();
    await check?.();
    expect(await written()).toEqual(before);
    await refusal(refused());
    expect(await written()).toEqual(before);

    await make({});
    const after = await written();
    await repeat?.();
    expect(await written()).toEqual(after);
  });
});

/** Whether a request has the field, in itself or in the options of a stream. */
function hasField(message: DescMessage, name: string): boolean {
  return message.fields.some(
    (field) =>
      field.name === name || (field.name === 'options' && field.message && hasField(field.message, name)),
  );
}

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { DirectoryService, startTestService } from '../support/service.ts';

const ids = Array.from({ length: 4 }, () => randomUUID());
const emails = ['a@x.org', 'A@x.org', 'b@x.org', 'c@x.org', 'C@X.org'];

const requests = fc.array(
  fc.array(fc.record({ id: fc.constantFrom(...ids), email: fc.constantFrom(...emails) }), {
    minLength: 1,
    maxLength: 4,
  }),
  { minLength: 1, maxLength: 5 },
);

/** What the directory must say to a request, given who has which address; changes `known` when it is taken. */
function expected(
  known: Map<string, string>,
  users: readonly { id: string; email: string }[],
): string | undefined {
  const distinct = (values: readonly string[]) => new Set(values).size === values.length;
  if (!distinct(users.map(({ id }) => id)) || !distinct(users.map(({ email }) => email.toLowerCase()))) {
    return 'VALIDATION_FAILED';
  }
  const after = new Map([...known, ...users.map(({ id, email }): [string, string] => [id, email])]);
  if (!distinct([...after.values()].map((email) => email.toLowerCase()))) return 'EMAIL_TAKEN';
  for (const [id, email] of after) known.set(id, email);
  return undefined;
}

it('keeps any sequence of requests as a map from id to address, unique after each request, would', async () => {
  await using service = await startTestService();
  const directory = service.client(DirectoryService, service.admin);

  await fc.assert(
    fc.asyncProperty(requests, async (sequence) => {
      await rows(service, 'delete from users');
      const known = new Map<string, string>();
      for (const users of sequence) {
        const reason = expected(known, users);
        const call = directory.upsertUsers({ users });
        if (reason === undefined) await call;
        else expect((await refusal(call)).reason).toBe(reason);
      }
      const answer = await directory.batchGetUsers({ ids });
      expect(new Map(answer.users.map(({ id, email }) => [id, email]))).toEqual(known);
    }),
    { numRuns: 100 },
  );
});

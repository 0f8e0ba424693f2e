import { randomUUID } from 'node:crypto';
import { ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RequestInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

afterAll(() => service.close());

for (const way of ['client', 'httpClient'] as const) {
  describe(`x-request-id (${way})`, () => {
    /** What comes back for what was sent, in the header of the answer. */
    async function answered(sent: string | undefined): Promise<string | null> {
      let received: string | null = null;
      await service[way](ProjectsService, service.admin).listProjects(
        {},
        {
          ...(sent === undefined ? {} : { headers: { 'x-request-id': sent } }),
          onHeader: (header) => {
            received = header.get('x-request-id');
          },
        },
      );
      return received;
    }

    it.each(['abc', randomUUID(), 'a.b:c_d-e', 'x'.repeat(128)])(
      'comes back as it was sent: %s',
      async (sent) => {
        await expect(answered(sent)).resolves.toBe(sent);
      },
    );

    it.each(['a b', '', 'x'.repeat(129), '{"a":1}', 'a,b', '<script>'])(
      'is replaced when it is none: "%s"',
      async (sent) => {
        await expect(answered(sent)).resolves.toMatch(UUID);
      },
    );

    it('is made when none is sent, another one for each call', async () => {
      const made = [await answered(undefined), await answered(undefined)];
      for (const id of made) expect(id).toMatch(UUID);
      expect(new Set(made).size).toBe(2);
    });

    it('is told by an error too', async () => {
      const sent = randomUUID();
      const call = service[way](ProjectsService).getProject(
        { id: randomUUID() },
        { headers: { 'x-request-id': sent } },
      );
      const error = ConnectError.from(await call.catch((reason: unknown) => reason));
      expect(error.findDetails(RequestInfoSchema)).toMatchObject([{ requestId: sent }]);
      expect(error.metadata.get('x-request-id')).toBe(sent);
    });
  });
}

import { beforeAll, describe, expect, it } from 'vitest';
import { startTestService } from '../support/service.ts';
import { implementedMethods } from './implemented-methods.ts';
import { nativeTranscript, nodeClients, transcriptOf } from './node-clients.ts';
import { type Entry, nameOf } from './transcript.ts';

let native: readonly Entry[];

beforeAll(async () => {
  native = await nativeTranscript();
});

describe("grpc-js's own client", () => {
  it('gets the answer or the refusal that each call has to have', () => {
    expect(native.filter(({ outcome, expected }) => outcome !== expected)).toEqual([]);
  });

  it('calls every method that the service has, with success and with failure', async () => {
    const of = (ok: boolean) =>
      new Set(native.filter(({ outcome }) => (outcome === 'OK') === ok).map(({ method }) => method));
    const [answered, refused] = [of(true), of(false)];
    await using service = await startTestService();
    const implemented = (await implementedMethods(service)).map(nameOf);
    expect(implemented.length).toBeGreaterThan(20);
    expect(implemented.filter((method) => !answered.has(method))).toEqual([]);
    expect(implemented.filter((method) => !refused.has(method))).toEqual([]);
  });

  it('finds the details of every refusal: a reason, and the id of the request', () => {
    const refusals = native.filter(({ outcome }) => outcome !== 'OK');
    for (const { content } of refusals) {
      expect(content).toMatchObject({
        details: expect.arrayContaining([
          { type: 'google.rpc.ErrorInfo', value: expect.objectContaining({ domain: 'projects.lightning' }) },
          { type: 'google.rpc.RequestInfo', value: { requestId: expect.stringMatching(/^<id/) } },
        ]),
      });
    }
  });
});

describe.each(Object.entries(nodeClients))('%s', (_, client) => {
  it("gets what grpc-js's own client gets, to the last detail", async () => {
    expect(await transcriptOf(client)).toEqual(native);
  });
});

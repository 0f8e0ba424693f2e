import { Client, type ClientReadableStream, credentials, status } from '@grpc/grpc-js';
import { service as definition } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';

type HealthMethod = 'Check' | 'Watch' | 'List';

describe('health on the gRPC listener', () => {
  let echo: Echo;
  let client: Client;
  beforeAll(async () => {
    echo = await openEcho({});
    client = new Client(echo.grpcAddress, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await echo[Symbol.asyncDispose]();
  });

  const method = (name: HealthMethod) => {
    const found = definition[name];
    if (found === undefined) throw new Error(`the health service has no ${name}`);
    return found;
  };
  const ask = (name: HealthMethod, request: object): Promise<object | undefined> => {
    const { path, requestSerialize, responseDeserialize } = method(name);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, value) => {
        if (error === null) resolve(value);
        else reject(error);
      });
    });
  };
  const check = (service: string) => ask('Check', { service });
  const watch = (service: string): ClientReadableStream<object> => {
    const { path, requestSerialize, responseDeserialize } = method('Watch');
    return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  };

  it('says NOT_SERVING until the process serves, for itself and for each service', async () => {
    for (const serving of [false, true, false]) {
      echo.health.setServing(serving);
      const expected = { status: serving ? 'SERVING' : 'NOT_SERVING' };

      expect(await check('')).toEqual(expected);
      expect(await check(EchoService.typeName)).toEqual(expected);
      expect(await ask('List', {})).toEqual({ statuses: { '': expected, [EchoService.typeName]: expected } });
    }
  });

  it('knows no other service', async () => {
    await expect(check('echo.v1.OtherService')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('tells a watching client of every change, and ends the watch when the listener is drained', async () => {
    const states = watch(EchoService.typeName)[Symbol.asyncIterator]();
    expect((await states.next()).value).toEqual({ status: 'NOT_SERVING' });
    echo.health.setServing(true);
    expect((await states.next()).value).toEqual({ status: 'SERVING' });

    const drained = echo.grpc.drain(60_000);

    expect((await states.next()).value).toEqual({ status: 'NOT_SERVING' });
    expect((await states.next()).done).toBe(true);
    await drained;
  });
});

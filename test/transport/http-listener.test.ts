import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { Counter, Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, pathOf } from '../../src/transport/http-exchange.ts';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';

const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
};

describe('the HTTP listener', () => {
  let ready = true;
  const metrics = new Registry();
  let echo: Echo;
  let seen: string[] = [];
  beforeAll(async () => {
    echo = await openEcho(
      { say: ({ text }, { requestMethod }) => ({ text: `${text} by ${requestMethod}` }) },
      {
        http: {
          probes: { ready: () => ready },
          metrics,
          routes: (request, response) => {
            seen.push(pathOf(request));
            if (pathOf(request) !== '/api/extra') return false;
            answer(response, 200, 'extra');
            return true;
          },
        },
      },
    );
  });
  afterAll(() => echo[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${echo.httpUrl}${path}`, { headers });
  const options = (origin: string) =>
    fetch(`${echo.httpUrl}/echo.v1.EchoService/Say`, {
      method: 'OPTIONS',
      headers: { origin, ...preflight },
    });

  it('answers a GET of a method without side effects', async () => {
    const transport = createConnectTransport({ baseUrl: echo.httpUrl, httpVersion: '1.1', useHttpGet: true });

    await expect(createClient(EchoService, transport).say({ text: 'hello' })).resolves.toMatchObject({
      text: 'hello by GET',
    });
    const message = encodeURIComponent('{"text":"hi"}');
    const response = await get(`/echo.v1.EchoService/Say?connect=v1&encoding=json&message=${message}`);
    expect(await response.json()).toEqual({ text: 'hi by GET' });
    // What one token may see is kept nowhere for the next who asks.
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('says of a GET whose message cannot be decoded that the client is wrong', async () => {
    const query = new URLSearchParams({ connect: 'v1', encoding: 'json', base64: '1', message: '!!!' });
    const response = await fetch(`${echo.httpUrl}/echo.v1.EchoService/Say?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: 'the parameter message must be base64, as base64=1 says',
      details: [{ debug: { reason: 'INVALID_ARGUMENT' } }],
    });
  });

  it('answers plain JSON, as curl sends it', async () => {
    const response = await fetch(`${echo.httpUrl}/echo.v1.EchoService/Say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"hello"}',
    });

    expect(await response.json()).toEqual({ text: 'hello by POST' });
  });

  it.each([
    ['{', 'JSON'],
    ['{"text":1}', 'echo.v1.SayRequest.text'],
  ])('refuses the JSON %s and says what is wrong', async (body, what) => {
    const response = await fetch(`${echo.httpUrl}/echo.v1.EchoService/Say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(what),
      details: [{ type: 'google.rpc.ErrorInfo', debug: { reason: 'INVALID_ARGUMENT' } }],
    });
  });

  it.each([
    ['POST', 'Say', 'text/plain', 415, 'by POST with "content-type: application/json"'],
    ['GET', 'Say', '', 415, 'parameters encoding=json and message'],
    ['PUT', 'Say', 'application/json', 405, 'by GET with'],
    ['POST', 'Download', 'application/json', 415, 'buf curl'],
    ['GET', 'Download', '', 405, 'by POST as a stream'],
  ])('says how to call instead of %s %s as "%s"', async (method, rpc, contentType, status, hint) => {
    const headers = contentType === '' ? {} : { 'content-type': contentType };
    const body = method === 'GET' ? null : '{}';
    const response = await fetch(`${echo.httpUrl}/echo.v1.EchoService/${rpc}`, { method, headers, body });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining(hint) });
    // RFC 9110, section 15.5.6.
    if (status === 405) expect(response.headers.get('allow')).toBe(rpc === 'Say' ? 'POST, GET' : 'POST');
  });

  it('hears out whom it has answered, before it closes their connection', async () => {
    const { hostname, port } = new URL(echo.httpUrl);
    const client = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const body = Buffer.alloc(1_000_000);
    client.write(
      `POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    let received = '';
    client.on('data', (chunk) => {
      received += chunk;
    });
    await once(client, 'end');
    client.end(body);
    await once(client, 'close');

    expect(received).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('says that it is alive, and whether it is ready', async () => {
    expect(await (await get('/healthz')).text()).toBe('ok');
    expect((await get('/readyz')).status).toBe(200);

    ready = false;
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
    ready = true;
  });

  it('shows the metrics', async () => {
    new Counter({ name: 'echoes_total', help: 'Echoes.', registers: [metrics] }).inc(7);

    const response = await get('/metrics');

    expect(response.headers.get('content-type')).toBe(metrics.contentType);
    expect(await response.text()).toContain('echoes_total 7');
  });

  it('says in JSON what there is, where nothing is', async () => {
    const response = await get('/echo.v1.EchoService/Shout');

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: 'unimplemented',
      message: expect.stringContaining('echo.v1.EchoService'),
      details: [{ type: 'google.rpc.ErrorInfo', debug: { reason: 'UNIMPLEMENTED' } }],
    });
  });

  it('asks the further routes, but not about RPCs and probes', async () => {
    seen = [];

    expect(await (await get('/api/extra?x=1')).text()).toBe('extra');
    await get('/healthz');
    await get('/echo.v1.EchoService/Say');

    expect(seen).toEqual(['/api/extra']);
  });

  it.each(['', 'Host: [\r\n', 'Host: a b\r\n'])(
    'answers 400 to a call with the header %j, and lives',
    async (host) => {
      const socket = connect(echo.http.address.port, '127.0.0.1');
      socket.end(`GET /echo.v1.EchoService/Say HTTP/1.0\r\n${host}\r\n`);
      const answered = Buffer.concat(await socket.toArray()).toString();

      expect(answered).toMatch(/^HTTP\/1\.1 400 /);
      expect((await get('/healthz')).status).toBe(200);
    },
  );

  it.each(['http://localhost:3000', 'http://127.0.0.1:8081', 'https://[::1]'])(
    'lets pages of this machine call: %s',
    async (origin) => {
      const asked = await options(origin);
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
      expect(asked.headers.get('access-control-allow-methods')).toBe('POST, GET');
      expect(asked.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toEqual(
        expect.arrayContaining(['authorization', 'content-type', 'connect-protocol-version', 'x-grpc-web']),
      );
      expect(asked.headers.get('access-control-max-age')).toBe('7200');

      const called = await get('/echo.v1.EchoService/Say?connect=v1&encoding=json&message=%7B%7D', {
        origin,
      });
      expect(called.status).toBe(200);
      expect(called.headers.get('access-control-allow-origin')).toBe(origin);
      expect(called.headers.get('access-control-expose-headers')).toContain('Grpc-Status-Details-Bin');
      expect(called.headers.get('vary')).toBe('Origin');
    },
  );

  it.each(['https://example.org', 'http://localhost.example.org', 'http://127.0.0.1.example.org', 'null'])(
    'gives the page of %s no leave',
    async (origin) => {
      const asked = await options(origin);
      const called = await get('/healthz', { origin });

      for (const { headers } of [asked, called])
        expect(headers.has('access-control-allow-origin')).toBe(false);
    },
  );

  it('lets exactly the listed origins call', async () => {
    await using listed = await openEcho({}, { http: { corsOrigins: ['https://app.example.org'] } });
    const allowed = async (origin: string) => {
      const { headers } = await fetch(`${listed.httpUrl}/healthz`, { headers: { origin } });
      return headers.get('access-control-allow-origin');
    };

    expect(await allowed('https://app.example.org')).toBe('https://app.example.org');
    expect(await allowed('https://app.example.org:8443')).toBeNull();
    expect(await allowed('http://localhost:3000')).toBeNull();
  });

  it.each(['', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'])(
    'hangs up on a client that sends no more than %j',
    async (text) => {
      await using impatient = await openEcho({}, { limits: { headersMs: 100 } });
      const socket = connect(impatient.http.address.port, '127.0.0.1');
      socket.write(text);

      await once(socket.resume(), 'end');
    },
  );
});

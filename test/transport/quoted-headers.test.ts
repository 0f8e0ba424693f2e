import { connect } from 'node:http2';
import { expect, it } from 'vitest';
import { EchoService, openEcho } from '../support/echo-service.ts';
import { keptLog } from '../support/logged.ts';

it('a header that gRPC cannot carry is named in the log and not quoted: it may be a token', async () => {
  const { log, entries } = keptLog();
  await using echo = await openEcho({ say: () => ({}) }, { log });
  const client = connect(`http://${echo.grpcAddress}`);
  const call = client.request({
    ':method': 'POST',
    ':path': `/${EchoService.typeName}/Say`,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: 'Bearer secrét-and-more',
  });
  call.end(Uint8Array.of(0, 0, 0, 0, 0)).resume();
  await new Promise((resolve) => call.once('close', resolve));
  client.close();

  const said = JSON.stringify(entries);
  expect(said).toContain('Failed to add metadata entry authorization');
  expect(said).not.toContain('and-more');
});

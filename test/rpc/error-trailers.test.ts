import { encodeBinaryHeader } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import { toConnectError } from '../../src/rpc/errors.ts';
import { statusOf } from '../../src/transport/grpc-status.ts';

/** What gRPC's clients take of metadata by default. */
const CLIENTS_TAKE = 8192;
const longestRequestId = 'r'.repeat(128);

/** The trailers of a failed call as HTTP/2 counts them (RFC 9113, section 6.5.2): 32 bytes more for each. */
function trailerBytes(failure: Failure): number {
  const { code, details, metadata } = statusOf(toConnectError(failure, longestRequestId, 'grpc'));
  const [detail] = metadata.get('grpc-status-details-bin');
  return Object.entries({
    ':status': '200',
    'content-type': 'application/grpc+proto',
    'grpc-status': String(code),
    'grpc-message': encodeURI(details),
    'grpc-status-details-bin': encodeBinaryHeader(Buffer.from(detail ?? '')),
    'x-request-id': longestRequestId,
  }).reduce((bytes, [name, value]) => bytes + name.length + value.length + 32, 0);
}

describe.each(['x', ' ', 'é', 'ع', '项', '😀'])(
  'over gRPC an error full of %j fits into what clients take',
  (one) => {
    it('as a message', () => {
      expect(trailerBytes(new Failure('aborted', 'ABORTED', one.repeat(10_000)))).toBeLessThan(CLIENTS_TAKE);
    });

    it.each([10, 60, 255, 1000])('with violations of %d characters', (length) => {
      const text = one.repeat(length);
      const fields = Array.from({ length: 200 }, (_, index) => ({
        field: `f[${index}]`,
        description: text,
        rule: 'R',
      }));
      const failure = new Failure('invalid_argument', 'VALIDATION_FAILED', text.repeat(200), { fields });

      expect(trailerBytes(failure)).toBeLessThan(CLIENTS_TAKE);
    });

    it('with four of the longest names in its metadata', () => {
      const name = one.repeat(255);
      const metadata = { where: name, key: name, first_name: name, second_name: name };
      const failure = new Failure('failed_precondition', 'DUPLICATE_KEY', name.repeat(4), { metadata });

      expect(trailerBytes(failure)).toBeLessThan(CLIENTS_TAKE);
    });
  },
);

it('a message is cut between characters', () => {
  const { details } = statusOf(
    toConnectError(new Failure('aborted', 'ABORTED', '😀'.repeat(999)), 'id', 'grpc'),
  );

  expect(details).toMatch(/^(?:😀){60,80}…$/u);
});

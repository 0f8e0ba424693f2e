import type pg from 'pg';

/** What `pg` drives a statement by. */
interface Wire {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Sends lines in the text format to `copy … from stdin`, all at once; resolves when PostgreSQL has them. */
export function copyIn(client: pg.Client, target: string, lines: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const copy = {
    submit: (wire: Wire) => wire.query(`copy ${target} from stdin`),
    handleCopyInResponse(wire: Wire) {
      wire.sendCopyFromChunk(lines);
      wire.endCopyFrom();
    },
    handleError: reject,
    handleCommandComplete() {},
    handleReadyForQuery: () => resolve(),
  };
  // The types know nothing of what a statement of one's own is told of COPY.
  client.query(copy as unknown as pg.Submittable);
  return promise;
}

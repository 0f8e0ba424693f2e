import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type { Places } from '../database/places.ts';
import type {
  RecordHistoryRequest,
  RecordHistoryResponseSchema,
} from '../gen/lightning/projects/v1/history_service_pb.ts';
import { historyKinds } from './history-rows.ts';
import { type BatchOutcome, HistoryTally } from './history-tally.ts';
import { type Rejection, readBatch } from './read-batch.ts';
import { recordBatch } from './record-batch.ts';

/**
 * Records what ran, batch by batch as they come: each is stored in a transaction of its own before the next one is
 * taken. Beyond Lightning, whose engine writes to the database itself.
 *
 * @param places of the batches that are recorded at once: however many streams an engine opens, other calls find a
 *   connection
 */
export const recordHistory =
  (places: Places) =>
  async (
    requests: AsyncIterable<RecordHistoryRequest>,
    call: Call,
  ): Promise<MessageInitShape<typeof RecordHistoryResponseSchema>> => {
    const tally = new HistoryTally();
    let number = 0;
    for await (const request of requests) {
      using _place = await places.take(call.signal);
      tally.add(number, await recordOne(request, call));
      number += 1;
    }
    return tally.answer();
  };

async function recordOne(request: RecordHistoryRequest, call: Call): Promise<BatchOutcome> {
  const { batch, rejected } = readBatch(request);
  const outcome = await call.change((unit) => recordBatch(unit, batch));
  return { ...outcome, rejected: [...rejected, ...outcome.rejected].toSorted(byPlace) };
}

function byPlace(one: Rejection, other: Rejection): number {
  return historyKinds.indexOf(one.kind) - historyKinds.indexOf(other.kind) || one.index - other.index;
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { fittingRows } from '../database/bounded-answer.ts';
import { boundOf } from '../database/timestamp.ts';
import type {
  ListAuditEventsRequest,
  ListAuditEventsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { auditEventMessage } from './audit-event-message.ts';
import { auditPage } from './audit-query.ts';

/** Lists who changed what, of a project or of the whole service, the newest first. */
export async function listAuditEvents(
  request: ListAuditEventsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListAuditEventsResponseSchema>> {
  const size = pageSize(request);
  const filters = {
    projectId: request.projectId.toLowerCase(),
    userId: request.userId.toLowerCase(),
    kinds: [...new Set(request.kinds)].toSorted(),
  };
  const from = boundOf(request.insertedFrom);
  const before = boundOf(request.insertedBefore);
  const list = ['ListAuditEvents', filters, from, before];
  const after = readPageToken(request, list, ['moment', 'uuid']);
  const found = await auditPage(call.read, filters, { from, before, after, limit: size + 1 }).execute();
  const { rows, nextPageToken } = page(found, fittingRows(found, size), list, (row) => [
    row.inserted_at,
    row.id,
  ]);
  return { auditEvents: rows.map(auditEventMessage), nextPageToken };
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { boundOf } from '../database/timestamp.ts';
import type {
  ListDataclipsRequest,
  ListDataclipsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { dataclipMessage, dataclipTypes } from './dataclip-message.ts';
import { dataclipsByName, newestDataclips } from './dataclip-query.ts';

/**
 * Lists a project's dataclips without what they hold, the newest first; those with a prefix by name
 * (project_dataclips_query/1).
 */
export async function listDataclips(
  request: ListDataclipsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListDataclipsResponseSchema>> {
  const size = pageSize(request);
  const { named, namePrefix: prefix } = request;
  const types = filterNames(dataclipTypes, request.types, 'types');
  const filters = { projectId: request.projectId.toLowerCase(), types, named };
  const from = boundOf(request.insertedFrom);
  const before = boundOf(request.insertedBefore);
  const list = ['ListDataclips', filters, prefix, from, before];
  const start = {
    after: readPageToken(request, list, [prefix === '' ? 'moment' : 'text', 'uuid']),
    limit: size + 1,
  };

  if (prefix === '') {
    const found = await newestDataclips(call.read, filters, { from, before, ...start }).execute();
    const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
    return { dataclips: rows.map(dataclipMessage), nextPageToken };
  }
  const names = { prefix, insertedFrom: from, insertedBefore: before, ...start };
  const found = await dataclipsByName(call.read, filters, names).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.name, row.id]);
  return { dataclips: rows.map(dataclipMessage), nextPageToken };
}

import { create } from '@bufbuild/protobuf';
import {
  type ImportProjectOptions,
  type ImportProjectRequest,
  ImportProjectRequestSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';

/**
 * What makes a repeated import the same one, whole or as a stream: its options, the document, and the files whatever
 * their order, which means nothing and may differ from one attempt to the next.
 *
 * @param document the text, or a digest of it
 */
export function importFingerprint(
  { $typeName: _, ...options }: ImportProjectRequest | ImportProjectOptions,
  document: string,
  files: ReadonlyMap<string, string>,
): ImportProjectRequest {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return create(ImportProjectRequestSchema, {
    ...options,
    yaml: document,
    files: Object.fromEntries(sorted),
  });
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { earlierAnswer, once } from '../call/idempotency.ts';
import {
  type ImportProjectRequest,
  ImportProjectRequestSchema,
  ImportProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { withNameField } from '../projects/name-field.ts';
import { importFingerprint } from './import-request.ts';
import type { DocumentPart } from './read-parts.ts';
import { openReading } from './reading.ts';
import { runImport } from './run-import.ts';

/** Applies a YAML document that comes in one piece to a project, or makes a new one of it. Beyond Lightning. */
export async function importProject(
  request: ImportProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof ImportProjectResponseSchema>> {
  const files = new Map(Object.entries(request.files));
  const repeatable = [ImportProjectRequestSchema, importFingerprint(request, request.yaml, files)] as const;
  const earlier = await earlierAnswer(call, repeatable, ImportProjectResponseSchema);
  if (earlier !== undefined) return earlier;

  const parts = await readWhole(request, files, call);
  return await runImport(call, request, { parts: () => parts }, (unit, work) =>
    once(call, unit, repeatable, ImportProjectResponseSchema, () => withNameField('name', work)),
  );
}

/** At most 16 MiB of text: what was read of it once is kept. */
async function readWhole(
  { yaml, allowMissingFiles }: ImportProjectRequest,
  files: ReadonlyMap<string, string>,
  call: Call,
): Promise<readonly DocumentPart[]> {
  using reading = await openReading({ text: yaml }, { files, allowMissingFiles }, call);
  const parts: DocumentPart[] = [];
  for await (const part of reading.parts()) {
    call.signal.throwIfAborted();
    parts.push(part);
  }
  return parts;
}

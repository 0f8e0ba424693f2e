import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { once } from '../call/idempotency.ts';
import {
  type ImportProjectOptions,
  ImportProjectOptionsSchema,
  ImportProjectRequestSchema,
  type ImportProjectStreamRequest,
  ImportProjectStreamResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { runImport } from './run-import.ts';
import { openSpool, type Spool } from './spool.ts';

/** Characters of the files of one stream: unlike the document they are held in memory. */
const FILE_CHARACTERS = 64 * 1024 * 1024;

/**
 * Applies a YAML document that comes as a stream. It is kept on disk until it is whole, so that no transaction waits
 * for the client and memory does not grow with the document.
 */
export async function importProjectStream(
  requests: AsyncIterable<ImportProjectStreamRequest>,
  call: Call,
): Promise<MessageInitShape<typeof ImportProjectStreamResponseSchema>> {
  await using spool = await openSpool();
  const files = new Map<string, string>();
  const options = await receive(requests, spool, files);
  const source = { files, open: () => spool.open() };
  // What makes a repeated request the same one: the options, and the document by its digest.
  const fingerprint = create(ImportProjectRequestSchema, {
    ...withoutType(options),
    yaml: spool.digest(),
    files: Object.fromEntries(files),
  });
  return await runImport(call, options, source, (unit, work) =>
    once(call, unit, [ImportProjectRequestSchema, fingerprint], ImportProjectStreamResponseSchema, work),
  );
}

async function receive(
  requests: AsyncIterable<ImportProjectStreamRequest>,
  spool: Spool,
  files: Map<string, string>,
): Promise<ImportProjectOptions> {
  let options: ImportProjectOptions | undefined;
  let characters = 0;
  for await (const { part } of requests) {
    if ((part.case === 'options') !== (options === undefined)) {
      throw streamOrder('the options come in the first message, and only there');
    }
    if (part.case === 'options') options = part.value;
    if (part.case === 'chunk') await spool.write(part.value);
    if (part.case === 'file') {
      characters += part.value.text.length;
      if (characters > FILE_CHARACTERS) throw filesTooLarge();
      files.set(part.value.path, part.value.text);
    }
  }
  const sizeBytes = options?.sizeBytes;
  if (sizeBytes !== undefined && sizeBytes !== BigInt(spool.size)) throw incomplete(sizeBytes, spool.size);
  return options ?? create(ImportProjectOptionsSchema);
}

function streamOrder(message: string): Failure {
  return new Failure('invalid_argument', 'STREAM_ORDER', message);
}

function incomplete(expected: bigint, received: number): Failure {
  const message = `the document has ${expected} bytes, ${received} came: send it again as a whole`;
  return new Failure('invalid_argument', 'DOCUMENT_INCOMPLETE', message, {
    fields: [{ field: 'options.size_bytes', description: `is ${expected}, but ${received} bytes came` }],
  });
}

function filesTooLarge(): Failure {
  const message = `the files of one stream may hold ${FILE_CHARACTERS} characters together`;
  return new Failure('resource_exhausted', 'FILES_TOO_LARGE', message);
}

function withoutType({ $typeName: _, sizeBytes: _size, ...fields }: ImportProjectOptions) {
  return fields;
}

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Failure, invalidArgument } from '../call/failure.ts';
import { earlierAnswer, once } from '../call/idempotency.ts';
import {
  type ImportProjectOptions,
  ImportProjectOptionsSchema,
  ImportProjectRequestSchema,
  type ImportProjectStreamRequest,
  ImportProjectStreamResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { withNameField } from '../projects/name-field.ts';
import { importFingerprint } from './import-request.ts';
import { quote } from './read-problems.ts';
import { openReading } from './reading.ts';
import { runImport } from './run-import.ts';
import { openSpool, type Spool } from './spool.ts';

/** Bytes of the files of one stream, their paths counted: unlike the document they are held in memory. */
const FILE_BYTES = 64 * 1024 * 1024;
/** Files of one stream, as many as ImportProject takes. */
const MOST_FILES = 10_000;

/**
 * Applies a YAML document that comes as a stream. It is kept on disk until it is whole, so that no transaction waits
 * for the client and memory does not grow with the document. Beyond Lightning.
 */
export async function importProjectStream(
  requests: AsyncIterable<ImportProjectStreamRequest>,
  call: Call,
): Promise<MessageInitShape<typeof ImportProjectStreamResponseSchema>> {
  await using spool = await openSpool();
  const { options, files } = await receive(requests, spool);
  requireWhole(options, spool);
  const repeatable = [ImportProjectRequestSchema, importFingerprint(options, spool.digest(), files)] as const;
  return await inOptions(async () => {
    const earlier = await earlierAnswer(call, repeatable, ImportProjectStreamResponseSchema);
    if (earlier !== undefined) return earlier;
    const { allowMissingFiles } = options;
    using reading = await openReading(spool.source(), { files, allowMissingFiles }, call);
    return await runImport(call, options, reading, (unit, work) =>
      once(call, unit, repeatable, ImportProjectStreamResponseSchema, () =>
        withNameField('options.name', work),
      ),
    );
  });
}

/** What is wrong with an option is named as it is in this request. */
async function inOptions<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'invalid_argument') throw error;
    const { reason, details } = error;
    // Of a document the fields are places in it.
    if (details.fields === undefined || reason === 'DOCUMENT_INVALID') throw error;
    throw invalidArgument(
      details.fields.map((violation) => ({ ...violation, field: `options.${violation.field}` })),
      reason,
    );
  }
}

interface Received {
  readonly options: ImportProjectOptions;
  readonly files: ReadonlyMap<string, string>;
}

async function receive(requests: AsyncIterable<ImportProjectStreamRequest>, spool: Spool): Promise<Received> {
  let options: ImportProjectOptions | undefined;
  let hasBegun = false;
  const files = new Map<string, string>();
  let bytes = 0;
  for await (const { part } of requests) {
    if ((part.case === 'options') !== (options === undefined)) {
      throw streamOrder('the options come in the first message, and only there');
    }
    switch (part.case) {
      case 'options':
        options = part.value;
        break;
      case 'file': {
        if (hasBegun) throw streamOrder('the files come before the first piece of the document');
        const { path, text } = part.value;
        if (files.has(path)) throw fileRepeated(path);
        bytes += Buffer.byteLength(path) + Buffer.byteLength(text);
        if (bytes > FILE_BYTES || files.size >= MOST_FILES) throw filesTooLarge();
        files.set(path, text);
        break;
      }
      case 'chunk':
        hasBegun = true;
        await spool.write(part.value);
        break;
      default:
        throw streamOrder('a message holds neither options nor a file nor a piece of the document');
    }
  }
  return { options: options ?? create(ImportProjectOptionsSchema), files };
}

/** A sender that died half-way may have ended its stream in order: only the size tells that something is missing. */
function requireWhole({ sizeBytes }: ImportProjectOptions, spool: Spool): void {
  if (sizeBytes === undefined || sizeBytes === BigInt(spool.size())) return;
  const description = `says ${sizeBytes} bytes, and ${spool.size()} came`;
  throw invalidArgument(
    [{ field: 'options.size_bytes', description, rule: 'DOCUMENT_INCOMPLETE' }],
    'DOCUMENT_INCOMPLETE',
  );
}

function streamOrder(message: string): Failure {
  return invalidArgument([{ field: 'part', description: message, rule: 'STREAM_ORDER' }], 'STREAM_ORDER');
}

function fileRepeated(path: string): Failure {
  const description = `is that of an earlier file: ${quote(path)}`;
  return invalidArgument([{ field: 'file.path', description, rule: 'REPEATED' }]);
}

function filesTooLarge(): Failure {
  const message = `one stream may bring ${MOST_FILES} files of ${FILE_BYTES} bytes together, their paths counted`;
  return new Failure('resource_exhausted', 'FILES_TOO_LARGE', message);
}

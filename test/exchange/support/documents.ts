import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ExportFormat } from '../../../src/gen/lightning/projects/v1/document_pb.ts';
import type {
  ImportProjectRequest,
  ImportProjectResponse,
  ImportProjectStreamRequestSchema,
  ImportProjectStreamResponse,
} from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

/** Options of an import, as plain fields. */
export type ImportFields = Omit<Partial<ImportProjectRequest>, '$typeName' | '$unknown' | 'yaml'>;

/** Imports a document, as an internal service unless a token says otherwise. */
export function importDocument(
  service: TestService,
  yaml: string,
  options: ImportFields = {},
  token = service.admin,
): Promise<ImportProjectResponse> {
  return service.client(ProjectsService, token).importProject({ ...options, yaml });
}

/** Imports a document that comes in pieces, with the options in the first message and the files in the next ones. */
export function streamDocument(
  service: TestService,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { files = {}, ...options }: ImportFields & { readonly sizeBytes?: bigint } = {},
  { signal, token = service.admin }: { readonly signal?: AbortSignal; readonly token?: string } = {},
): Promise<ImportProjectStreamResponse> {
  async function* messages(): AsyncGenerator<MessageInitShape<typeof ImportProjectStreamRequestSchema>> {
    yield { part: { case: 'options', value: options } };
    for (const [path, text] of Object.entries(files)) yield { part: { case: 'file', value: { path, text } } };
    for await (const value of pieces) yield { part: { case: 'chunk', value } };
  }
  const client = service.client(ProjectsService, token);
  return client.importProjectStream(messages(), signal === undefined ? {} : { signal });
}

/** Cuts a text's bytes into pieces. */
export function* piecesOf(text: string, size = 64 * 1024): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Imports a document as a new project and answers its id. */
export async function newProject(
  service: TestService,
  yaml: string,
  options: ImportFields = {},
): Promise<string> {
  return projectOf(
    await importDocument(service, yaml, {
      createMissingCredentials: true,
      allowMissingFiles: true,
      ...options,
    }),
  );
}

export function projectOf({ project }: Pick<ImportProjectResponse, 'project'>): string {
  if (project === undefined) throw new Error('ImportProject answered without a project');
  return project.id;
}

/** The document that a project is exported as. */
export async function exportDocument(
  service: TestService,
  projectId: string,
  snapshotIds: readonly string[] = [],
  format: ExportFormat = ExportFormat.V1,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const stream = service
    .client(ProjectsService, service.admin)
    .exportProject({ projectId, snapshotIds: [...snapshotIds], format });
  for await (const { chunk } of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A workflow of one webhook trigger and the jobs named, each following the one before. */
export function chain(name: string, jobs: readonly string[], { body = 'fn(state => state);' } = {}): string {
  const lines = jobs.map(
    (job) =>
      `      ${job}:\n        name: ${job}\n        adaptor: '@openfn/language-common@latest'\n        body: |\n          ${body}\n`,
  );
  const edges = jobs.map((job, index) => {
    const source = index === 0 ? 'source_trigger: webhook' : `source_job: ${jobs[index - 1]}`;
    return `      e${index}:\n        ${source}\n        target_job: ${job}\n        condition_type: always\n`;
  });
  return `  ${name}:\n    name: ${name}\n    jobs:\n${lines.join('')}    triggers:\n      webhook:\n        type: webhook\n    edges:\n${edges.join('')}`;
}

/** A project of such workflows; its name is its own. */
export function projectDocument(...workflows: readonly string[]): string {
  return `name: project-${randomUUID()}\nworkflows:\n${workflows.join('')}`;
}

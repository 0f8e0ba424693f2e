import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import type { Logger } from 'pino';
import { Failure, notFound } from '../call/failure.ts';
import { exportProject } from '../exchange/export-project.ts';
import { BadRequestSchema, ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import {
  ExportProjectRequestSchema,
  type ExportProjectResponseSchema,
  ImportProjectRequestSchema,
  ProjectsService,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { intercepted, type Pipeline, received } from '../rpc/implement.ts';
import { loggable } from '../rpc/loggable-error.ts';
import { patiently } from '../rpc/patiently.ts';
import { answer, type HttpRoutes, pathOf } from '../transport/http-exchange.ts';
import { applyState } from './apply-state.ts';
import { exportState } from './export-state.ts';
import { httpRefusal } from './http-refusal.ts';
import { ProvisioningExchange } from './provisioning-exchange.ts';
import { readDocument, stateId } from './request-body.ts';

const ROOT = '/api/provision';

/**
 * Lightning's provisioning API, for OpenFn's own tools (behaviour, section 10). Reading passes for ExportProject and
 * posting for ImportProject: with their access rules, their checks, their line in the log, their events.
 */
export function provisioningRoutes(calls: Pipeline, log: Logger): HttpRoutes {
  const { exportProject: read, importProject: write } = ProjectsService.method;
  const yaml = intercepted(read, exportProject, calls);
  const state = intercepted(read, exportState, calls);

  async function post(exchange: ProvisioningExchange): Promise<void> {
    const document = await received(exchange.begin(write), () => readDocument(exchange.request), calls);
    const id = stateId(document);
    const apply = intercepted(write, ({ projectId }, call) => applyState(document, projectId, call), calls);
    // The rules ask for a text, and this one was read already.
    const requestOf = (projectId: string) => create(ImportProjectRequestSchema, { yaml: '{}', projectId });
    const applyTo = (projectId: string) => apply(requestOf(projectId), exchange.begin(write));
    await using applied = await applyTo(id).catch((error: unknown) => {
      // What the caller cannot see is to the caller a project that is not there yet.
      if (id === '' || !isNoSuchProject(error)) throw error;
      return applyTo('');
    });
    const headers = { ...JSON_TYPE, location: `${ROOT}/${applied.projectId}` };
    await deliver(exchange, 201, headers, patiently(applied.bytes(), calls.slowConsumerMs));
  }

  async function get(exchange: ProvisioningExchange, projectId: string, isYaml: boolean): Promise<void> {
    const asked = { projectId, snapshotIds: exchange.query.getAll('snapshots[]') };
    const exported = isYaml ? yaml : state;
    const messages = exported(create(ExportProjectRequestSchema, asked), exchange.begin(read));
    const sent = deliver(exchange, 200, isYaml ? YAML_TYPE : JSON_TYPE, chunksOf(messages));
    await sent.catch((error: unknown) => {
      // No project has what is no id.
      throw isAbout('project_id', error) ? noSuchProject(projectId) : error;
    });
  }

  function serve(exchange: ProvisioningExchange): Promise<void> | undefined {
    // Lightning overlooks the slash that OpenFn's command line ends the address of a post with.
    const path = pathOf(exchange.request).replace(/\/$/, '');
    const { method } = exchange.request;
    if (path === ROOT) return method === 'POST' ? post(exchange) : refuseMethod(exchange, 'POST');
    if (!path.startsWith(`${ROOT}/`)) return undefined;
    // Node sends no body to a HEAD (RFC 9110, section 9.3.2).
    if (method !== 'GET' && method !== 'HEAD') return refuseMethod(exchange, 'GET, HEAD');
    const name = decoded(path.slice(ROOT.length + 1));
    const isYaml = name === 'yaml' || name.endsWith('.yaml');
    const id = name === 'yaml' ? (exchange.query.get('id') ?? '') : name.replace(/\.yaml$/, '');
    return get(exchange, id, isYaml);
  }

  return (request, response) => {
    const exchange = new ProvisioningExchange(request, response);
    const served = serve(exchange);
    served?.catch((error: unknown) => {
      if (response.headersSent || response.destroyed) {
        log.debug({ err: error }, 'an answer ended before it was delivered');
        response.destroy();
        return;
      }
      const { requestId } = exchange;
      // What a call failed with was logged with the call.
      if (!(error instanceof ConnectError || error instanceof Failure))
        log.error(
          { request_id: requestId, err: loggable(error) },
          'a request of the provisioning API failed',
        );
      exchange.setHeaders({});
      const { status, body } = httpRefusal(error, requestId);
      answer(response, status, JSON.stringify(body), 'application/json');
    });
    return served !== undefined;
  };
}

async function deliver(
  exchange: ProvisioningExchange,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: AsyncGenerator<Uint8Array>,
): Promise<void> {
  try {
    // Only when the first piece is there is it certain that there will be an answer.
    const first = await body.next();
    exchange.setHeaders({ ...headers, 'Cache-Control': 'no-store' });
    exchange.response.statusCode = status;
    await pipe(Readable.from(joined(first, body), { objectMode: false }), exchange.response);
  } finally {
    // Also when the client was gone before anything of it was asked for.
    await body.return(undefined);
  }
}

async function* joined(
  first: IteratorResult<Uint8Array>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

async function* chunksOf(
  messages: AsyncIterable<MessageInitShape<typeof ExportProjectResponseSchema>>,
): AsyncGenerator<Uint8Array> {
  for await (const { chunk } of messages) yield chunk ?? new Uint8Array();
}

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };
const YAML_TYPE = { 'Content-Type': 'text/yaml; charset=utf-8' };

async function refuseMethod({ request, response }: ProvisioningExchange, allowed: string): Promise<void> {
  response.setHeader('Allow', allowed);
  const error = `${request.method} is not possible here, ${allowed} is`;
  answer(response, 405, JSON.stringify({ error }), 'application/json');
}

/** A part of a path without its percent-encoding; as it stands when that is malformed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether a call was refused for a field of its request. */
function isAbout(field: string, error: unknown): boolean {
  const requests = ConnectError.from(error).findDetails(BadRequestSchema);
  return requests.some(({ fieldViolations }) =>
    fieldViolations.some((violation) => violation.field === field),
  );
}

function noSuchProject(id: string): Failure {
  return id === ''
    ? new Failure('not_found', 'PROJECT_NOT_FOUND', 'no project is named')
    : notFound('project', id);
}

function isNoSuchProject(error: unknown): boolean {
  const [info] = ConnectError.from(error).findDetails(ErrorInfoSchema);
  return info?.reason === 'PROJECT_NOT_FOUND';
}

import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import pg from 'pg';
import { stringify } from 'yaml';
import {
  type ExportProjectRequest,
  ExportProjectRequestSchema,
  type ExportProjectResponse,
  ExportProjectResponseSchema,
} from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { serveChild } from '../support/child.ts';

// ExportProject by hand: all rows in one go, one object, one text of `yaml`, and a grpc-js stream.
const CHUNK_BYTES = 64 * 1024;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

async function exportProject(
  call: ServerWritableStream<ExportProjectRequest, ExportProjectResponse>,
): Promise<void> {
  const document = await projectDocument(call.request.projectId);
  const bytes = Buffer.from(stringify(document, { lineWidth: 0, blockQuote: 'literal' }));
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    if (!call.write(create(ExportProjectResponseSchema, { chunk }))) await once(call, 'drain');
  }
  call.end();
}

async function projectDocument(projectId: string): Promise<object> {
  const ofProject = async (text: string) => (await pool.query(text, [projectId])).rows;
  const [projects, credentials, workflows, jobs, triggers, edges] = await Promise.all([
    ofProject('select name, description from projects where id = $1'),
    ofProject(`select p.id, c.name, u.email from project_credentials p join credentials c on c.id = p.credential_id
               join users u on u.id = c.user_id where p.project_id = $1 order by u.email, c.name`),
    ofProject('select id, name from workflows where project_id = $1 and deleted_at is null order by name'),
    ofProject(`select j.id, workflow_id, j.name, adaptor, body, project_credential_id from jobs j
               join workflows w on w.id = workflow_id where project_id = $1 order by j.inserted_at, j.id`),
    ofProject(`select t.id, workflow_id, type, enabled, cron_expression from triggers t
               join workflows w on w.id = workflow_id where project_id = $1 order by t.inserted_at, t.id`),
    ofProject(`select e.* from workflow_edges e
               join workflows w on w.id = workflow_id where project_id = $1 order by e.inserted_at, e.id`),
  ]);
  const keys = new Map<string, string>();
  for (const { id, email, name } of credentials) keys.set(id, keyOf(`${email}-${name}`));
  for (const { id, name } of jobs) keys.set(id, keyOf(name));
  for (const { id, type } of triggers) keys.set(id, type);
  const [jobsOf, triggersOf, edgesOf] = [jobs, triggers, edges].map((rows) =>
    Map.groupBy(rows, ({ workflow_id }) => workflow_id),
  );
  return {
    name: projects[0].name,
    description: projects[0].description,
    collections: null,
    credentials: Object.fromEntries(
      credentials.map(({ id, name, email }) => [keys.get(id), { name, owner: email }]),
    ),
    workflows: Object.fromEntries(
      workflows.map(({ id, name }) => [
        keyOf(name),
        {
          name,
          jobs: Object.fromEntries(
            (jobsOf?.get(id) ?? []).map((job) => [
              keys.get(job.id),
              {
                name: job.name,
                adaptor: job.adaptor,
                credential: keys.get(job.project_credential_id) ?? null,
                body: `${job.body}\n`,
              },
            ]),
          ),
          triggers: Object.fromEntries(
            (triggersOf?.get(id) ?? []).map(({ type, cron_expression, enabled }) => [
              type,
              { type, ...(cron_expression === null ? {} : { cron_expression }), enabled },
            ]),
          ),
          edges: Object.fromEntries(
            (edgesOf?.get(id) ?? []).map((edge) => [
              `${keys.get(edge.source_trigger_id ?? edge.source_job_id)}->${keys.get(edge.target_job_id)}`,
              {
                ...(edge.source_trigger_id === null
                  ? {}
                  : { source_trigger: keys.get(edge.source_trigger_id) }),
                ...(edge.source_job_id === null ? {} : { source_job: keys.get(edge.source_job_id) }),
                target_job: keys.get(edge.target_job_id),
                condition_type: edge.condition_type,
                ...(edge.condition_expression === null
                  ? {}
                  : { condition_expression: `${edge.condition_expression}\n` }),
                enabled: edge.enabled,
              },
            ]),
          ),
        },
      ]),
    ),
  };
}

function keyOf(name: string): string {
  return name.replaceAll(' ', '-');
}

const server = new Server();
server.register(
  '/lightning.projects.v1.ProjectsService/ExportProject',
  exportProject,
  (message: ExportProjectResponse) => Buffer.from(toBinary(ExportProjectResponseSchema, message)),
  (bytes: Uint8Array) => fromBinary(ExportProjectRequestSchema, bytes),
  'serverStream',
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  serveChild({ grpc: `127.0.0.1:${port}` }, async () => {
    server.forceShutdown();
    await pool.end();
  });
});

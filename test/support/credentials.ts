import { randomUUID } from 'node:crypto';
import { rows } from './rows.ts';
import { DirectoryService, type TestService, type TestUser } from './service.ts';

/** Registers a credential of somebody's; its id. */
export async function aCredential(
  service: TestService,
  { id: userId }: Pick<TestUser, 'id'>,
): Promise<string> {
  const id = randomUUID();
  await service
    .client(DirectoryService, service.admin)
    .upsertCredentials({ credentials: [{ id, userId, name: `Server ${id}`, schema: 'raw' }] });
  return id;
}

/** Attaches a credential to a project; the id of its use. */
export async function attach(service: TestService, credentialId: string, projectId: string): Promise<string> {
  const values = [credentialId, projectId];
  return await inserted(service, 'project_credentials (credential_id, project_id) values ($1, $2)', values);
}

/** A job, in a workflow of its own, that runs with a project credential. */
export async function jobWith(
  service: TestService,
  projectId: string,
  projectCredentialId: string,
): Promise<string> {
  const values = [projectId, randomUUID()];
  const workflowId = await inserted(service, 'workflows (project_id, name) values ($1, $2)', values);
  return await inserted(
    service,
    `jobs (workflow_id, name, body, adaptor, project_credential_id)
     values ($1, 'job', '', '@openfn/language-common', $2)`,
    [workflowId, projectCredentialId],
  );
}

/** When each of the jobs last changed. */
export async function changesOfJobs(service: TestService, jobIds: readonly string[]): Promise<Date[]> {
  const found = await rows<{ updated_at: Date }>(
    service,
    'select updated_at from jobs where id = any($1) order by array_position($1, id)',
    [jobIds],
  );
  return found.map(({ updated_at }) => updated_at);
}

/** With what each of the jobs runs. */
export async function credentialsOfJobs(
  service: TestService,
  jobIds: readonly string[],
): Promise<(string | null)[]> {
  const found = await rows<{ project_credential_id: string | null }>(
    service,
    'select project_credential_id from jobs where id = any($1) order by array_position($1, id)',
    [jobIds],
  );
  return found.map(({ project_credential_id }) => project_credential_id);
}

async function inserted(service: TestService, row: string, values: readonly unknown[]): Promise<string> {
  const [made] = await rows<{ id: string }>(service, `insert into ${row} returning id`, values);
  if (made === undefined) throw new Error(`nothing was inserted into ${row}`);
  return made.id;
}

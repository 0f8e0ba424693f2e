import type { Provisioner } from '@openfn/lexicon/lightning';
import type { TestService } from '../../support/service.ts';

/** A workflow in a state, with the lists that the service writes where the library's types have maps. */
export type StateWorkflow = Omit<Provisioner.Workflow, 'jobs' | 'triggers' | 'edges'> & {
  jobs: Provisioner.Job[];
  triggers: Provisioner.Trigger[];
  edges: Provisioner.Edge[];
};

/** A project's state as the provisioning API answers it. */
export type State = Omit<Provisioner.Project, 'workflows'> & { workflows: StateWorkflow[] };

/** An answer of the provisioning API. */
export interface Provisioned {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Fetches what OpenFn's tools fetch: a path behind `/api/provision`. */
export async function fetchProvision(
  service: TestService,
  path: string,
  token = service.admin,
  others: Readonly<Record<string, string>> = {},
): Promise<Provisioned> {
  const headers = { authorization: `Bearer ${token}`, ...others };
  return await received(await fetch(`${service.httpUrl}/api/provision${path}`, { headers }));
}

/** Posts a document as OpenFn's deploy client does, down to the slash. */
export async function postProvision(
  service: TestService,
  document: unknown,
  token = service.admin,
): Promise<Provisioned> {
  const response = await fetch(`${service.httpUrl}/api/provision/?`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  });
  return await received(response);
}

async function received(response: Response): Promise<Provisioned> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The state in an answer. */
export function stateIn({ status, text }: Provisioned): State {
  if (status !== 200 && status !== 201) throw new Error(`no state: ${status} ${text}`);
  return JSON.parse(text).data;
}

/** The state of a project as it is now. */
export async function stateOf(service: TestService, projectId: string): Promise<State> {
  return stateIn(await fetchProvision(service, `/${projectId}`));
}

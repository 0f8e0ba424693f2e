import { randomUUID } from 'node:crypto';
import { insertByHand, type Rows, readByHand, rowsOf, updateByHand } from './peers/provisioning-api-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, tokenEnv } from './support/grpc.ts';
import { atMost, interleaved, median, ratio, report, timed } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const ROUNDS = 7;
const SIZE = { workflows: 1000, bodyBytes: 300, versions: 3 };
/** One workflow in so many is changed by a post. */
const EVERY = 100;

/**
 * The provisioning API with a project of 1,000 workflows of 10 jobs: getting its state, posting it as a new project, and
 * posting it with 1 % of the workflows changed, each against the bare SQL that reads or writes the same rows. Target:
 * within 2 times.
 */
export async function provisioningApiFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  // Others may not make new projects.
  await client.query(`update users set role = 'superuser' where id = '${user}'`);
  const seeded = await seedProject(client, user, SIZE);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  const api = `http://${service.ready.http}/api/provision`;
  const authorization = String((await bearer(user)).get('authorization')[0]);
  const get = (id: string) => answered(fetch(`${api}/${id}`, { headers: { authorization } }));
  const post = (body: string) => answered(fetch(api, { method: 'POST', body, headers: { authorization } }));

  // Credentials belong to their projects: what is posted as a new one goes without them.
  const state = withoutCredentials(await get(seeded));
  const projectId = idOf(await post(renewed(state)));
  await client.query('vacuum analyze');
  tell('get', {
    ...(await interleaved(ROUNDS, {
      service: () => timed(() => get(projectId)),
      peer: () => timed(() => readByHand(client, projectId)),
    })),
  });

  const rows = await rowsOf(client, projectId);
  tell('post_new', {
    ...(await interleaved(ROUNDS, {
      service: async () => {
        const document = renewed(state);
        return await timed(() => post(document));
      },
      peer: async () => {
        const copy = renewedRows(rows);
        return await timed(async () => {
          await insertByHand(client, copy);
          // A post answers with the state.
          await readByHand(client, String(copy.get('projects')?.[0]?.id));
        });
      },
    })),
  });

  await client.query('vacuum analyze');
  tell('post_changed', {
    ...(await interleaved(ROUNDS, {
      service: async () => {
        const { document } = edited(await get(projectId));
        return await timed(() => post(document));
      },
      peer: async () => {
        const { bodies } = edited(await get(projectId));
        return await timed(async () => {
          await updateByHand(client, projectId, bodies);
          await readByHand(client, projectId);
        });
      },
    })),
  });
}

function tell(what: string, ms: { readonly service: number[]; readonly peer: number[] }): void {
  report(
    'provisioning_api',
    {
      what,
      workflows: SIZE.workflows,
      ms: median(ms.service),
      peer_ms: median(ms.peer),
      max_ms: Math.max(...ms.service),
    },
    atMost(`times the bare SQL, ${what}`, ratio(ms.service, ms.peer), 2),
  );
}

async function answered(fetched: Promise<Response>): Promise<string> {
  const response = await fetched;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 500)}`);
  return text;
}

interface State {
  readonly data: {
    readonly id: string;
    readonly workflows: readonly {
      readonly jobs: readonly { readonly id: string; readonly body: string }[];
    }[];
  };
}

function idOf(text: string): string {
  const { data }: State = JSON.parse(text);
  return data.id;
}

function withoutCredentials(text: string): string {
  const { data } = JSON.parse(text);
  data.project_credentials = [];
  for (const workflow of data.workflows) {
    for (const job of workflow.jobs)
      Object.assign(job, { project_credential_id: null, keychain_credential_id: null });
  }
  return JSON.stringify(data);
}

/** The same document as that of another project, which is not there yet. */
function renewed(state: string): string {
  return withNewIds(state).replace(/"name":"bench-[^"]*"/, `"name":"bench-${randomUUID().slice(0, 8)}"`);
}

function renewedRows(rows: Rows): Rows {
  const owner = rows.get('project_users')?.[0]?.user_id;
  const renewedText = withNewIds(JSON.stringify([...rows]), [String(owner)]);
  return new Map(
    JSON.parse(renewedText.replace(/"name":"bench-[^"]*"/, `"name":"bench-${randomUUID().slice(0, 8)}"`)),
  );
}

function withNewIds(text: string, kept: readonly string[] = []): string {
  const ids = new Map(kept.map((id) => [id, id]));
  return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    const known = ids.get(id) ?? randomUUID();
    ids.set(id, known);
    return known;
  });
}

/** A new body for one job of each workflow in a hundred. */
function edited(text: string): { readonly document: string; readonly bodies: Record<string, string> } {
  const { data } = JSON.parse(text);
  const bodies: Record<string, string> = {};
  for (const [index, workflow] of data.workflows.entries()) {
    if (index % EVERY !== 0) continue;
    const job = workflow.jobs[5];
    job.body += `\n// ${randomUUID()}`;
    bodies[job.id] = job.body;
  }
  return { document: JSON.stringify(data), bodies };
}

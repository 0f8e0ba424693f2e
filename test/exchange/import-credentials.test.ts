import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockRow, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { exportDocument, importDocument, projectOf } from './support/documents.ts';
import { warningsOf } from './support/problems.ts';

let service: TestService;
let owner: TestUser;
let other: TestUser;
let admin: TestUser;
beforeAll(async () => {
  service = await startTestService();
  owner = await aUser(service);
  other = await aUser(service);
  admin = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

async function aCredential(user: TestUser, name: string): Promise<string> {
  const id = randomUUID();
  await service
    .client(DirectoryService, service.admin)
    .upsertCredentials({ credentials: [{ id, userId: user.id, name, schema: 'http' }] });
  return id;
}

/** A project whose one job uses the credential of that name; declared only when there is an owner. */
function using(name: string, email?: string): string {
  const section = email === undefined ? '' : `credentials:\n  c: {name: "${name}", owner: ${email}}\n`;
  const key = email === undefined ? name : 'c';
  return `name: p\n${section}workflows:\n  w:\n    name: w\n    jobs: {a: {name: a, adaptor: x, body: "", credential: "${key}"}}\n`;
}

/** Whose credentials a project has, and which of them its job uses. */
async function credentialsOf(projectId: string): Promise<string[]> {
  const found = await rows<{ text: string }>(
    service,
    `select u.email || '/' || c.name || case when j.id is null then '' else ' used' end as text
     from project_credentials pc
     join credentials c on c.id = pc.credential_id join users u on u.id = c.user_id
     left join jobs j on j.project_credential_id = pc.id
     where pc.project_id = $1 order by 1`,
    [projectId],
  );
  return found.map(({ text }) => text);
}

describe("a document's credential", () => {
  it('that nobody has is an error where a job names it, and else a warning', async () => {
    const refused = await refusal(importDocument(service, using('unknown', owner.email)));
    expect(refused.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });
    expect(refused.message).toContain('create_missing_credentials');

    const unused = `name: p\ncredentials:\n  c: {name: unknown, owner: ${owner.email}}\nworkflows: null\n`;
    const answer = await importDocument(service, unused);
    expect(warningsOf(answer)).toEqual(['CREDENTIAL_UNKNOWN 3:3 credentials.c']);
    expect(await credentialsOf(projectOf(answer))).toEqual([]);
  });

  it('is found by its name and its owner, whose address may be written otherwise', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const answer = await importDocument(service, using(name, owner.email.toUpperCase()));
    expect(answer.updated).toMatchObject({ credentials: 1 });
    expect(await credentialsOf(projectOf(answer))).toEqual([`${owner.email}/${name} used`]);
  });

  it('that the project has is used, whoever imports', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const projectId = projectOf(
      await importDocument(service, using(name, owner.email), { actorUserId: owner.id }),
    );
    await rows(service, `insert into project_users (project_id, user_id, role) values ($1, $2, 'editor')`, [
      projectId,
      other.id,
    ]);
    const changed = using(name, owner.email).replace('body: ""', 'body: changed');
    const answer = await importDocument(service, changed, { projectId }, other.token);
    expect(answer).toMatchObject({ updated: { jobs: 1, credentials: 0 }, unchanged: { credentials: 1 } });
    expect(await credentialsOf(projectId)).toEqual([`${owner.email}/${name} used`]);
  });

  it('is named by a key, else by a name, of the project when no section declares it', async () => {
    const name = `my ${randomUUID()}`;
    await aCredential(owner, name);
    const projectId = projectOf(await importDocument(service, using(name, owner.email)));
    const key = `${owner.email}-${name.replaceAll(' ', '-')}`;
    for (const named of [key, name]) {
      const answer = await importDocument(service, using(named), { projectId });
      expect(answer.unchanged).toMatchObject({ jobs: 1, credentials: 1 });
    }
    const refused = await refusal(importDocument(service, using('unknown'), { projectId }));
    expect(refused.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });
  });

  it('is named by its owner and name in a workflow of format v2 that stands alone', async () => {
    const name = `my ${randomUUID()}`;
    await aCredential(owner, name);
    await aCredential(other, name);
    const projectId = projectOf(await importDocument(service, using(name, owner.email)));
    await importDocument(service, using(name, other.email), { projectId });
    const step = `{id: a, adaptor: x, expression: "", configuration: "${owner.email}|${name}"}`;
    const answer = await importDocument(service, `name: w\nsteps: [${step}]\n`, { projectId });
    expect(answer).toMatchObject({ created: { credentials: 0 }, updated: { jobs: 1 } });
    expect(await credentialsOf(projectId)).toContain(`${owner.email}/${name} used`);
  });

  it('of the name that two of the project’s have is not guessed', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    await aCredential(other, name);
    const projectId = projectOf(await importDocument(service, using(name, owner.email)));
    await importDocument(service, using(name, other.email), { projectId });
    const refused = await refusal(importDocument(service, using(name), { projectId }));
    expect(refused.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });
  });
});

describe("somebody else's credential", () => {
  it('is as good as none to a user, who does not learn that it is there', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const answerTo = async (yaml: string) => {
      const { fields, message } = await refusal(importDocument(service, yaml, {}, admin.token));
      return { fields, message };
    };

    const there = await answerTo(using(name, owner.email));

    expect(there.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });
    expect(await answerTo(using(name, `nobody-${randomUUID()}@example.org`))).toEqual(there);
    expect(await answerTo(using(name, other.email))).toEqual(there);
  });

  it('is not taken by create_missing_credentials either, which makes one of the caller', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const yaml = using(name, owner.email);
    const answer = await importDocument(service, yaml, { createMissingCredentials: true }, admin.token);
    expect(await credentialsOf(projectOf(answer))).toEqual([`${admin.email}/${name} used`]);
  });

  it('is attached by its owner, and by a service', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const { id } = await aProject(service, { owner });
    await importDocument(service, using(name, owner.email), { projectId: id }, owner.token);
    expect(await credentialsOf(id)).toEqual([`${owner.email}/${name} used`]);

    const answer = await importDocument(service, using(name, owner.email));
    expect(await credentialsOf(projectOf(answer))).toEqual([`${owner.email}/${name} used`]);
  });

  it('that a parent has is shared with a new sandbox', async () => {
    const name = randomUUID();
    await aCredential(other, name);
    const parentId = projectOf(
      await importDocument(service, using(name, other.email), { actorUserId: owner.id }),
    );
    const answer = await importDocument(service, using(name, other.email), { parentId }, owner.token);
    expect(await credentialsOf(projectOf(answer))).toEqual([`${other.email}/${name} used`]);
  });
});

describe('create_missing_credentials', () => {
  it('makes them for the people whom the document names when a service imports, unknown people too', async () => {
    const [name, newcomer] = [randomUUID(), `${randomUUID()}@example.org`];
    const yaml = using(name, newcomer);
    const answer = await importDocument(service, yaml, { createMissingCredentials: true });
    expect(answer.created).toMatchObject({ credentials: 1 });
    expect(await credentialsOf(projectOf(answer))).toEqual([`${newcomer}/${name} used`]);

    const known = await importDocument(service, using(`${name} 2`, newcomer), {
      createMissingCredentials: true,
    });
    expect(await credentialsOf(projectOf(known))).toEqual([`${newcomer}/${name} 2 used`]);

    const kinds = await rows(
      service,
      `select kind, project_id from audit_events where request_id = any($1) order by kind`,
      [[await requestIdOf(name)]],
    );
    expect(kinds).toEqual([
      { kind: 'credentials_changed', project_id: null },
      { kind: 'project_created', project_id: projectOf(answer) },
      { kind: 'project_imported', project_id: projectOf(answer) },
      { kind: 'users_changed', project_id: null },
    ]);
  });

  it('makes them for the user who imports, whoever the document names, and once', async () => {
    const name = randomUUID();
    const { id } = await aProject(service, { owner });
    const options = { projectId: id, createMissingCredentials: true };
    const yaml = using(name, 'nobody@example.org');
    expect(await importDocument(service, yaml, options, owner.token)).toMatchObject({
      created: { credentials: 1 },
    });
    expect(await credentialsOf(id)).toEqual([`${owner.email}/${name} used`]);

    const again = await importDocument(service, yaml, options, owner.token);
    expect(again).toMatchObject({ created: { credentials: 0 }, unchanged: { credentials: 1, jobs: 1 } });
    expect(await credentialsOf(id)).toEqual([`${owner.email}/${name} used`]);
  });

  it('makes those that no section declares for whoever acts, and once', async () => {
    const name = randomUUID();
    const { id } = await aProject(service);
    const options = { projectId: id, createMissingCredentials: true };
    const refused = await refusal(importDocument(service, using(name), options));
    expect(refused.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });

    await importDocument(service, using(name), { ...options, actorUserId: owner.id });
    expect(await credentialsOf(id)).toEqual([`${owner.email}/${name} used`]);
    const again = await importDocument(service, using(name), { ...options, actorUserId: other.id });
    expect(again).toMatchObject({ created: { credentials: 0 }, unchanged: { jobs: 1 } });
  });

  it('takes a credential of that name that the user has already', async () => {
    const name = randomUUID();
    await aCredential(owner, name);
    const { id } = await aProject(service, { owner });
    const yaml = using(name, 'nobody@example.org');
    const answer = await importDocument(
      service,
      yaml,
      { projectId: id, createMissingCredentials: true },
      owner.token,
    );
    expect(answer).toMatchObject({ created: { credentials: 0 }, updated: { credentials: 1 } });
    expect(await credentialsOf(id)).toEqual([`${owner.email}/${name} used`]);
  });

  it.each(['somebody', '"a<b>@example.org"', '"a,b@example.org"'])(
    'makes no owner of what is no address: %s',
    async (address) => {
      const refused = await refusal(
        importDocument(service, using('x', address), { createMissingCredentials: true }),
      );
      expect(refused.fields).toEqual({ 'workflows.w.jobs.a.credential': 'CREDENTIAL_UNKNOWN' });
      expect(refused.message).toContain('no e-mail address');
    },
  );

  it('makes one once when two imports need it at the same time', async () => {
    const name = randomUUID();
    const [slow, quick] = await Promise.all([aProject(service), aProject(service)]);
    await importDocument(service, 'name: p\nworkflows: {old: {name: old}}\n', { projectId: slow.id });
    const yaml = using(name, owner.email);
    const options = { createMissingCredentials: true, prune: true };

    // The first one waits for a workflow that it deletes, when it has made the credential.
    await using rival = await lockRow(service, 'workflows where project_id = $1', slow.id);
    const first = importDocument(service, yaml, { ...options, projectId: slow.id });
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const second = importDocument(service, yaml, { ...options, projectId: quick.id });
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();

    expect(await first).toMatchObject({ created: { credentials: 1 }, updated: { credentials: 0 } });
    expect(await second).toMatchObject({ created: { credentials: 0 }, updated: { credentials: 1 } });
    expect(await rows(service, 'select user_id from credentials where name = $1', [name])).toEqual([
      { user_id: owner.id },
    ]);
  });

  it('registers a person once when two imports do so at the same time', async () => {
    const newcomer = `${randomUUID()}@example.org`;
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        importDocument(service, using(name, newcomer), { createMissingCredentials: true }),
      ),
    );
    const exported = await Promise.all(answers.map((answer) => exportDocument(service, projectOf(answer))));
    for (const text of exported) expect(text).toContain(`owner: ${newcomer}`);
  });
});

/** The id of the call that made a credential of this name. */
async function requestIdOf(name: string): Promise<string | undefined> {
  const [row] = await rows<{ request_id: string }>(
    service,
    `select request_id from audit_events join credentials on credentials.id = item_id where credentials.name = $1`,
    [name],
  );
  return row?.request_id;
}

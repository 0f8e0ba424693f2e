import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeToken } from '../../src/cli/token.ts';
import { refusal } from '../support/refusal.ts';
import {
  DirectoryService,
  ProjectsService,
  startTestService,
  type TestService,
  testSecret,
} from '../support/service.ts';

const env = {
  AUTH_JWT_SECRET: testSecret,
  AUTH_ISSUER: 'https://accounts.example.org',
  AUTH_AUDIENCE: 'projects',
};
let service: TestService;

beforeAll(async () => {
  service = await startTestService(env);
});

afterAll(() => service.close());

describe('a token of the command line', () => {
  it('makes a person known by its address', async () => {
    const subject = randomUUID();
    const admin = await makeToken(env, { subject: 'accounts', scope: 'projects:admin', days: 1 });
    const own = await makeToken(env, { subject, email: 'field-office@example.org', days: 1 });
    await service.client(ProjectsService, own).batchGetProjects({ ids: [randomUUID()] });
    const { users } = await service.client(DirectoryService, admin).batchGetUsers({ ids: [subject] });
    expect(users).toMatchObject([{ id: subject, email: 'field-office@example.org' }]);
  });

  it('lets a service read and change nothing with the scope projects:read', async () => {
    const token = await makeToken(env, { subject: 'reports', scope: 'projects:read', days: 1 });
    const projects = service.client(ProjectsService, token);
    expect(await refusal(projects.createProject({ project: { name: 'x' } }))).toMatchObject({
      reason: 'SCOPE_REQUIRED',
    });
  });

  it('is good for as many days as were asked for', async () => {
    const token = await makeToken(env, { subject: 'reports', scope: 'projects:read', days: 7 });
    const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(exp - iat).toBe(7 * 24 * 3600);
  });

  it('is refused to a person whose id is none', async () => {
    await expect(makeToken(env, { subject: 'somebody', days: 1 })).rejects.toThrow(
      /^--subject must be .* UUID/,
    );
  });

  it.each([
    ['no name', ''],
    ['a name with a line break', 'reports\n'],
    ['a name of 256 characters', 'r'.repeat(256)],
  ])('is refused to a service with %s', async (_, subject) => {
    await expect(makeToken(env, { subject, scope: 'projects:read', days: 1 })).rejects.toThrow(
      /^--subject must have 1 to 255 characters/,
    );
  });

  it('is refused with an address that the service would pass over', async () => {
    await expect(makeToken(env, { subject: randomUUID(), email: 'nobody', days: 1 })).rejects.toThrow(
      /^--email must be an e-mail address$/,
    );
    const service = { subject: 'reports', scope: 'projects:read', email: 'a@example.org', days: 1 } as const;
    await expect(makeToken(env, service)).rejects.toThrow(/^--email is of a person/);
  });

  it('is refused where only the issuer can sign one', async () => {
    const published = { AUTH_JWKS_URL: 'https://accounts.example.org/keys' };
    await expect(makeToken(published, { subject: randomUUID(), days: 1 })).rejects.toThrow('AUTH_JWKS_URL');
  });
});

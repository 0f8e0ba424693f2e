import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../../src/cli/demo.ts';
import { repository } from '../support/processes.ts';
import { ProjectsService, startTestService, type TestService, testSecret } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

afterAll(() => service.close());

async function runDemo(env: Readonly<Record<string, string>>): Promise<string> {
  const lines: string[] = [];
  await demo({ GRPC_ADDRESS: new URL(service.grpcUrl).host, ...env }, (line) => lines.push(line));
  return lines.join('\n');
}

describe('the demo', () => {
  it('imports, provisions, and shows all that a sandbox changes: name, collections, triggers', async () => {
    const said = await runDemo({ TOKEN: service.admin });
    expect(said).toContain(
      'created 3 workflows, 11 jobs, 3 triggers, 11 edges, 2 collections, 3 credentials',
    );
    expect(said.match(/^[-+].*$/gm)).toEqual([
      '--- community-health-demo',
      '+++ demo-sandbox-1',
      '-name: community-health-demo',
      '+name: demo-sandbox-1',
      '-collections:',
      '-  facility-codes:',
      '-    name: facility-codes',
      '-  stock-levels:',
      '-    name: stock-levels',
      '+collections: null',
      ...['webhook', 'cron', 'kafka'].flatMap(() => ['-        enabled: true', '+        enabled: false']),
    ]);
    expect(said.slice(said.indexOf('8. ')).replace(/[0-9a-f]{12}/g, 'HEAD')).toBe(
      [
        '8. Comparing both: which side changed what',
        '   Clinic visits: changed in the sandbox',
        '     Check the form: body',
        '     @@ line 4',
        "     -   const missing = ['patient_id', 'facility', 'date'].filter(key => !visit?.[key]);",
        "     +   const missing = ['patient_id', 'facility', 'date', 'weight'].filter(key => !visit?.[key]);",
        '9. The plan of a merge',
        '   update Clinic visits',
        '   keep   Nightly stock count',
        '   keep   Water point alarms',
        '10. The merge, as planned',
        '   HEAD became HEAD community-health-demo',
        '11. Comparing again',
        '   no workflow differs',
      ].join('\n'),
    );
  });

  it('takes the merge back when it runs again, and merges the edit of another sandbox', async () => {
    const said = await runDemo({ TOKEN: service.admin });
    expect(said).toContain('created nothing; changed 1 workflows, 1 jobs; unchanged 2 workflows, 10 jobs');
    expect(said).toContain('+++ demo-sandbox-2');
    expect(said).toContain('no workflow differs');
  });

  it('leaves a project of the same name alone that is somebody else’s', async () => {
    const projects = service.client(ProjectsService, service.admin);
    const { project } = await projects.createProject({ project: { name: 'community-health-demo' } });
    await runDemo({ TOKEN: service.admin });
    expect(await projects.getProject({ id: project?.id ?? '' })).toMatchObject({
      project: { etag: project?.etag },
    });
  });

  it('signs its own token where the settings hold the secret', async () => {
    expect(await runDemo({ AUTH_JWT_SECRET: testSecret })).toContain('+++ demo-sandbox');
  });

  it.each([
    [
      'nobody listens',
      { GRPC_ADDRESS: '127.0.0.1:1', TOKEN: 'any' },
      /^no service answers at 127\.0\.0\.1:1: start it with npm start/,
    ],
    ['the token is bad', { TOKEN: 'a.b.c' }, /refused: .* \(TOKEN_INVALID\); set TOKEN to/],
    ['no secret was generated', { DATA_DIR: '/nowhere' }, /^DATA_DIR \/nowhere has no secret .*npm start/],
    ['a setting is bad', { GRPC_ADDRESS: 'here', TOKEN: 'any' }, /^GRPC_ADDRESS must be/],
  ])('says in one line that %s', async (_, env, line) => {
    const failed = runDemo(env);
    await expect(failed).rejects.toThrow(expect.objectContaining({ name: 'StartupError' }));
    await expect(failed).rejects.toThrow(line);
    await expect(failed).rejects.not.toThrow('\n');
  });

  it('says that a token may not do what the demo does', async () => {
    await expect(runDemo({ TOKEN: service.reader })).rejects.toThrow('(SCOPE_REQUIRED)');
  });
});

describe('the sample project', () => {
  it('comes back byte for byte when it is imported and exported', async () => {
    const yaml = await readFile(join(repository, 'examples/sample-project.yaml'), 'utf8');
    const projects = service.client(ProjectsService, service.admin);
    const { project, warnings } = await projects.importProject({ yaml, createMissingCredentials: true });
    const chunks = await Array.fromAsync(projects.exportProject({ projectId: project?.id ?? '' }));
    expect(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString()).toBe(yaml);
    expect(warnings).toEqual([]);
  });
});

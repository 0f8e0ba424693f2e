import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let db: pg.Client;
beforeAll(async () => {
  service = await startTestService();
  db = new pg.Client({ connectionString: service.databaseUrl });
  await db.connect();
});
afterAll(async () => { await db.end(); await service.close(); });

it('smoke', async () => {
  const projects = service.client(ProjectsService, service.admin);
  const { project } = await projects.createProject({ project: { name: 'a' } });
  const id = project!.id;
  console.log(await projects.getProjectHead({ projectId: id }));
  const wf = (await db.query(`insert into workflows (project_id, name) values ($1, 'w') returning id`, [id])).rows[0].id;
  const history = service.client(HistoryService, service.admin);
  for (const hash of ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc', 'cccccccccccc'])
    console.log(await history.recordWorkflowVersion({ workflowId: wf, hash, source: 1 }));
  console.log((await db.query('select * from workflow_versions')).rows);
  console.log(await projects.appendProjectHead({ projectId: id, headHash: 'aaaaaaaaaaaa' }));
  console.log(await projects.appendProjectHead({ projectId: id, headHash: 'aaaaaaaaaaaa' }));
  console.log(await projects.appendProjectHead({ projectId: id, headHash: 'aaaaaaaaaaa' }).catch(e => e));
  console.log(await projects.listProjectHeads({ projectId: id }));
  console.log((await db.query('select * from events')).rows);
});

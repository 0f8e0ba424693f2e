import { randomUUID } from 'node:crypto';
import { HistoryService } from '../../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { ResourcesService } from '../../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { VersionSource } from '../../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { aRun, aSite, record } from '../../history/support/engine.ts';
import { aProject } from '../../support/projects.ts';
import { admin, type Change, projectRow, taken, withTakenName } from './change.ts';

const yaml = (name: string) => `name: ${name}
workflows:
  intake:
    name: intake
    jobs:
      fetch:
        name: fetch
        adaptor: '@openfn/language-http@7.2.1'
        body: get('/forms');
`;

/** Imports, versions of the workflows that they bring, and what ran of them. */
export const documentChanges: readonly Change[] = [
  {
    method: 'ProjectsService.ImportProject',
    way: 'a new project',
    kinds: ['project_created', 'project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const request = { yaml: yaml('imported'), requestId: randomUUID() };
      return {
        make: async (options) =>
          projectRow((await admin(service).importProject(request, options)).project?.id),
        check: () => admin(service).importProject({ yaml: yaml('imported'), validateOnly: true }),
        repeat: () => admin(service).importProject(request),
        refused: () => admin(service).importProject({ yaml: yaml(taken), parentId }),
      };
    },
  },
  {
    method: 'ProjectsService.ImportProject',
    way: 'over a project',
    kinds: ['project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const { id: projectId } = await aProject(service, {}, { parentId });
      const request = { yaml: yaml('imported'), projectId };
      return {
        async make(options) {
          await admin(service).importProject(request, options);
          return `workflows where project_id = '${projectId}'`;
        },
        check: () =>
          admin(service).importProject({
            ...request,
            yaml: yaml('x').replaceAll('fetch', 'y'),
            validateOnly: true,
          }),
        repeat: () => admin(service).importProject(request),
        refused: () => admin(service).importProject({ ...request, name: taken }),
      };
    },
  },
  {
    method: 'ProjectsService.ImportProjectStream',
    way: 'over a project',
    kinds: ['project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const { id: projectId } = await aProject(service, {}, { parentId });
      async function* stream(
        options: { readonly name?: string; readonly validateOnly?: boolean },
        text: string,
      ) {
        yield { part: { case: 'options' as const, value: { projectId, ...options } } };
        yield { part: { case: 'chunk' as const, value: Buffer.from(text) } };
      }
      return {
        async make(options) {
          await admin(service).importProjectStream(stream({}, yaml('imported')), options);
          return `workflows where project_id = '${projectId}'`;
        },
        check: () =>
          admin(service).importProjectStream(
            stream({ validateOnly: true }, yaml('x').replaceAll('fetch', 'y')),
          ),
        repeat: () => admin(service).importProjectStream(stream({}, yaml('imported'))),
        refused: () => admin(service).importProjectStream(stream({ name: taken }, yaml('imported'))),
      };
    },
  },
  {
    method: 'HistoryService.RecordWorkflowVersion',
    way: 'a version',
    kinds: ['workflow_version_recorded'],
    async prepare(service) {
      const { project } = await admin(service).importProject({ yaml: yaml('versions') });
      const { workflows } = await service
        .client(ResourcesService, service.admin)
        .listWorkflows({ projectId: project?.id ?? '' });
      const history = service.client(HistoryService, service.admin);
      const version = { workflowId: workflows[0]?.id ?? '', hash: '0123456789ab', source: VersionSource.APP };
      return {
        async make(options) {
          const answer = await history.recordWorkflowVersion(version, options);
          return `workflow_versions where id = '${answer.version?.id}'`;
        },
        repeat: () => history.recordWorkflowVersion(version),
        refused: () => history.recordWorkflowVersion({ ...version, workflowId: randomUUID() }),
      };
    },
  },
  {
    method: 'HistoryService.RecordHistory',
    way: 'what ran in two projects',
    kinds: ['history_recorded', 'history_recorded'],
    async prepare(service) {
      const [one, other] = [aRun(await aSite(service)), aRun(await aSite(service))];
      const dataclips = [...one.batch.dataclips, ...other.batch.dataclips];
      const tooMany = { logLines: Array.from({ length: 5001 }, () => ({})) };
      return {
        async make(options) {
          await record(service, [{ ...one.batch, dataclips }], options);
          return `runs where id = '${one.ids.run}'`;
        },
        repeat: () => record(service, [{ ...one.batch, dataclips }]),
        // Of the first batch every record is left out, the second one is refused.
        refused: () => record(service, [{ runSteps: one.batch.runSteps }, tooMany]),
      };
    },
  },
];

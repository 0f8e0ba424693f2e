import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentHeader, DocumentWorkflow } from '../../src/exchange/document.ts';
import { anyDocument } from './support/arbitrary-document.ts';
import { readText } from './support/read-text.ts';
import { written } from './support/written.ts';

describe('a document that was written', () => {
  it('says the same when it is read, and is written the same again', async () => {
    await fc.assert(
      fc.asyncProperty(anyDocument.filter(isStorable).map(importable), async ({ header, workflows }) => {
        const text = await written(header, workflows);
        const read = await readText(text);
        expect([
          ...read.errors,
          ...read.warnings.filter(({ reason }) => reason !== 'PROJECT_NAME_CHANGED'),
        ]).toEqual([]);
        const { name = '', description = null } = read.project ?? {};
        const again = {
          name: name ?? '',
          description,
          collections: read.collections,
          credentials: read.credentials,
        };
        expect(again).toEqual(header);
        expect(read.workflows.map(withoutFinalNewlines)).toEqual(workflows.map(withoutFinalNewlines));
        expect(await written(again, read.workflows)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

/** As much of a text as has room wherever one may be. */
function short(text: string): string {
  return Array.from(text).slice(0, 200).join('');
}

/** What the import would refuse made acceptable, each in the simplest way. */
function importable({ header, workflows }: { header: DocumentHeader; workflows: DocumentWorkflow[] }) {
  return {
    header: {
      ...header,
      name: `p ${header.name}`,
      description: header.description && short(header.description),
      collections: header.collections.map((entry) => ({ ...entry, name: `n${short(entry.name)}` })),
      credentials: header.credentials.map(({ key, name, owner }) => ({
        key,
        name: `n${short(name)}`,
        owner: `o${short(owner)}`,
      })),
    },
    workflows: workflows.map((workflow, index) => importableWorkflow(workflow, index)),
  };
}

function importableWorkflow(
  { key, name, jobs, triggers, edges }: DocumentWorkflow,
  index: number,
): DocumentWorkflow {
  const [job] = jobs;
  const [trigger] = triggers;
  return {
    key,
    name: `${index} ${short(name)}`,
    jobs: jobs.map(({ adaptor, ...job }, index) => ({
      ...job,
      name: `${index} ${short(job.name)}`,
      adaptor: adaptor.trim() === '' ? 'a' : short(adaptor),
      credential: job.credential && short(job.credential),
    })),
    triggers: triggers.map((trigger) => ({
      ...trigger,
      webhookReply: trigger.webhookReply === null ? null : 'custom',
      cronExpression: trigger.type === 'cron' ? '0 6 * * *' : null,
      cronCursorJob: trigger.cronCursorJob === null ? null : (job?.key ?? null),
      kafkaConfiguration: trigger.kafkaConfiguration && {
        ...trigger.kafkaConfiguration,
        hosts: trigger.kafkaConfiguration.hosts.map(([host, port]) => [`h${host}`, port] as const),
      },
    })),
    edges:
      job === undefined
        ? []
        : edges.map((edge) => ({
            ...edge,
            sourceTrigger: trigger?.key ?? null,
            sourceJob: trigger === undefined ? job.key : null,
            targetJob: job.key,
            conditionLabel: edge.conditionLabel && short(edge.conditionLabel),
            conditionExpression: edge.conditionExpression?.trim() ? edge.conditionExpression : 'true',
          })),
  };
}

/** Whether a database can hold its strings: no NUL, no half of a surrogate pair. */
function isStorable(value: unknown): boolean {
  const text = JSON.stringify(value);
  return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(text);
}

/** One final newline of a body or a condition is not content. */
function withoutFinalNewlines(workflow: DocumentWorkflow): DocumentWorkflow {
  return {
    ...workflow,
    jobs: workflow.jobs.map((job) => ({ ...job, body: job.body.replace(/\n$/, '') })),
    edges: workflow.edges.map((edge) => ({
      ...edge,
      conditionExpression: edge.conditionExpression?.replace(/\n$/, '') ?? null,
    })),
  };
}

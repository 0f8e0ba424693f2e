import fc from 'fast-check';
import type { EdgeState, JobState, TriggerState, WorkflowState } from '../../../src/heads/workflow-hash.ts';

/**
 * Workflows of which OpenFn's library sees all that we see. It sorts names by locale, so they keep to characters
 * that sort alike by bytes; it calls its nodes by slugs of their names, so those are distinct; it has room for one
 * trigger of a type, takes triggers as they come, and for one edge between two nodes; and it looks at expressions
 * only where the condition asks for one.
 */
export const workflowOfTheLibrary: fc.Arbitrary<WorkflowState> = fc
  .record({ jobs: jobs(), triggers: triggers() })
  .chain(({ jobs, triggers }) =>
    fc.record({
      name: text(),
      positions: fc.constant(null),
      triggers: fc.constant(byType(triggers)),
      jobs: fc.shuffledSubarray(jobs, { minLength: jobs.length }),
      edges: edges(jobs, triggers),
    }),
  );

function text() {
  return fc.oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  );
}

function jobs(): fc.Arbitrary<JobState[]> {
  const name = fc
    .string({ unit: fc.constantFrom(...'abcxyz019 '), minLength: 1, maxLength: 8 })
    .map((chars) => `j${chars}`.trim());
  return fc.uniqueArray(
    fc.record({
      id: fc.uuid(),
      name,
      adaptor: text(),
      body: text(),
      projectCredentialId: fc.option(fc.uuid()),
      keychainCredentialId: fc.option(fc.uuid()),
    }),
    { selector: (job) => job.name.replace(/ +/g, '-'), maxLength: 5 },
  );
}

function triggers(): fc.Arbitrary<TriggerState[]> {
  return fc.uniqueArray(
    fc.record({
      id: fc.uuid(),
      type: fc.constantFrom('cron', 'kafka', 'webhook'),
      enabled: fc.boolean(),
      cronExpression: fc.option(fc.constant('0 23 * * *')),
      cronCursorJobId: fc.option(fc.uuid()),
      webhookReply: fc.option(fc.constantFrom('before_start', 'after_completion')),
      webhookResponseConfig: fc.option(
        fc.record({ error_code: fc.integer(), success_code: fc.integer({ min: 100, max: 599 }) }),
      ),
    }),
    { selector: ({ type }) => type },
  );
}

function byType(triggers: readonly TriggerState[]): TriggerState[] {
  return triggers.toSorted((a, b) => (a.type < b.type ? -1 : 1));
}

function edges(jobs: readonly JobState[], triggers: readonly TriggerState[]): fc.Arbitrary<EdgeState[]> {
  if (jobs.length === 0) return fc.constant([]);
  const source = fc.constantFrom(
    ...jobs.map(({ id }) => ({ sourceTriggerId: null, sourceJobId: id })),
    ...triggers.map(({ id }) => ({ sourceTriggerId: id, sourceJobId: null })),
  );
  const condition = fc.oneof(
    fc.record({
      conditionType: fc.constantFrom('always', 'on_job_success', 'on_job_failure'),
      conditionExpression: fc.constant(null),
    }),
    fc.record({
      conditionType: fc.constant('js_expression'),
      conditionExpression: text().map((expression) => `!${expression}`),
    }),
  );
  const rest = fc.record({
    id: fc.uuid(),
    targetJobId: fc.constantFrom(...jobs.map(({ id }) => id)),
    conditionLabel: fc.option(text()),
    enabled: fc.boolean(),
  });
  return fc.uniqueArray(
    fc.tuple(source, condition, rest).map((parts): EdgeState => Object.assign({}, ...parts)),
    { selector: (edge) => `${edge.sourceTriggerId} ${edge.sourceJobId} ${edge.targetJobId}`, maxLength: 6 },
  );
}

/** Of a workflow, what its weight is told from. */
export interface Content {
  readonly jobs: readonly { readonly body: string }[];
  readonly triggers: readonly unknown[];
  readonly edges: readonly { readonly conditionExpression: string | null }[];
}

/** Workflows that are dealt with together, and the weight of their content after which a batch is full. */
const BATCH_WORKFLOWS = 100;
const BATCH_WEIGHT = 1024 * 1024;
/** What a job, a trigger or an edge weighs besides its code, in characters. */
const ROW_WEIGHT = 500;

/**
 * Puts workflows together that are dealt with together, in their order. Holds no more than a batch.
 *
 * @param weigh what {@link weightOf} tells, or the bytes of code where the content was not read
 */
export async function* workflowBatches<Workflow>(
  workflows: Iterable<Workflow> | AsyncIterable<Workflow>,
  weigh: (workflow: Workflow) => number,
): AsyncGenerator<Workflow[]> {
  let batch: Workflow[] = [];
  let weight = 0;
  for await (const workflow of workflows) {
    batch.push(workflow);
    weight += weigh(workflow);
    if (batch.length < BATCH_WORKFLOWS && weight < BATCH_WEIGHT) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}

/** What a workflow weighs, in characters: about how much work it is. */
export function weightOf({ jobs, triggers, edges }: Content): number {
  const bodies = jobs.reduce((sum, { body }) => sum + body.length, 0);
  const conditions = edges.reduce(
    (sum, { conditionExpression }) => sum + (conditionExpression?.length ?? 0),
    0,
  );
  return bodies + conditions + ROW_WEIGHT * (jobs.length + triggers.length + edges.length);
}

import type { WorkflowPlan } from '../workflows/workflow-plan.ts';

/** How many things of each kind. */
export interface Tally {
  workflows: number;
  jobs: number;
  triggers: number;
  edges: number;
  collections: number;
  credentials: number;
}

/** What an import did, in numbers. */
export class Counts {
  readonly created = tally();
  readonly updated = tally();
  readonly deleted = tally();
  /** What was as the document says already. */
  readonly unchanged = tally();

  add(plan: WorkflowPlan): void {
    this[plan.fate].workflows += 1;
    for (const kind of ['jobs', 'triggers', 'edges'] as const) {
      this.created[kind] += plan[kind].created.length;
      this.updated[kind] += plan[kind].updated.length;
      this.deleted[kind] += plan[kind].deleted.length;
      this.unchanged[kind] += plan[kind].unchanged.length;
    }
  }

  /** Whether anything was written. */
  get changedAnything(): boolean {
    return [this.created, this.updated, this.deleted].some((counts) =>
      Object.values(counts).some((count: number) => count > 0),
    );
  }
}

function tally(): Tally {
  return { workflows: 0, jobs: 0, triggers: 0, edges: 0, collections: 0, credentials: 0 };
}

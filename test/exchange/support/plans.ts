import type {
  DocumentEdge,
  DocumentJob,
  DocumentTrigger,
  DocumentWorkflow,
} from '../../../src/exchange/document.ts';
import { documentKey } from '../../../src/exchange/write-keys.ts';
import type { StoredWorkflow } from '../../../src/workflows/stored-workflows.ts';
import { type PlanOptions, planWorkflow, type WorkflowPlan } from '../../../src/workflows/workflow-plan.ts';

/** Fields of a workflow's parts that matter to a test; names and ends by key. */
export interface Sketch {
  readonly name?: string;
  readonly jobs?: Readonly<Record<string, Partial<DocumentJob>>>;
  readonly triggers?: Readonly<Record<string, Partial<DocumentTrigger>>>;
  /** `source>target`, the source a trigger when there is one of that key. */
  readonly edges?: Readonly<Record<string, Partial<DocumentEdge>>>;
}

export function aWorkflow({ name = 'flow', jobs = {}, triggers = {}, edges = {} }: Sketch): DocumentWorkflow {
  return {
    key: documentKey(name),
    name,
    jobs: Object.entries(jobs).map(([key, fields]) => ({
      key,
      name: key,
      adaptor: '@openfn/language-http@latest',
      credential: null,
      body: 'fn();',
      ...fields,
    })),
    triggers: Object.entries(triggers).map(([key, fields]) => ({
      key,
      type: 'webhook',
      webhookReply: null,
      webhookResponseConfig: null,
      cronExpression: null,
      cronCursorJob: null,
      enabled: true,
      kafkaConfiguration: null,
      ...fields,
    })),
    edges: Object.entries(edges).map(([ends, fields]) => {
      const [source = '', target = ''] = ends.replace(/#.*/, '').split('>');
      const isTrigger = source in triggers;
      return {
        key: ends,
        sourceTrigger: isTrigger ? source : null,
        sourceJob: isTrigger ? null : source,
        targetJob: target,
        conditionType: 'always',
        conditionLabel: null,
        conditionExpression: null,
        enabled: true,
        ...fields,
      };
    }),
  };
}

/** A plan with ids that count up. */
export function plan(
  document: DocumentWorkflow,
  stored?: StoredWorkflow,
  options: Partial<PlanOptions> = {},
): WorkflowPlan {
  let next = stored === undefined ? 0 : 1000;
  return planWorkflow(document, stored, {
    prune: false,
    credentialId: (key) => `credential ${key}`,
    newId: () => {
      next += 1;
      return String(next);
    },
    ...options,
  });
}

/** What is stored once a plan was carried out; rows keep their places and new ones follow. */
export function stored(workflow: WorkflowPlan): StoredWorkflow {
  const { id, name, state, jobs, triggers, edges, concurrency, enableJobLogs } = workflow;
  const byId = <Row extends { readonly id: string }>(
    plan: { readonly [Kind in 'created' | 'updated' | 'unchanged' | 'kept']: readonly Row[] },
  ) =>
    [...plan.updated, ...plan.unchanged, ...plan.kept, ...plan.created].toSorted(
      (a, b) => Number(a.id) - Number(b.id),
    );
  return {
    id,
    name,
    positions: state.positions,
    concurrency,
    enableJobLogs,
    jobs: byId(jobs),
    triggers: byId(triggers),
    edges: byId(edges),
  };
}

/** What is stored after a sketch was imported. */
export function storedAs(sketch: Sketch): StoredWorkflow {
  return stored(plan(aWorkflow(sketch)));
}

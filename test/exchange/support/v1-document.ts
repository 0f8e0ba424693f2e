import { isNode, isScalar, parseDocument } from 'yaml';
import type {
  ConditionType,
  DocumentHeader,
  DocumentWorkflow,
  KafkaConfiguration,
  TriggerType,
} from '../../../src/exchange/document.ts';

type Fields = ReadonlyMap<unknown, unknown>;
type Source = ReturnType<typeof parseDocument>;

/**
 * Documents of format v1 as the writer's model, for tests of the writer alone: no leniency beyond what the samples
 * need. A file with one workflow becomes a document with that workflow.
 *
 * The final newline of a clipped block is dropped from bodies and conditions, as a reader of them must.
 */
export function loadV1Document(
  text: string,
  version: '1.1' | '1.2' = '1.2',
): { header: DocumentHeader; workflows: DocumentWorkflow[] } {
  const source = parseDocument(text, { keepSourceTokens: true, version });
  const [problem] = [...source.errors, ...source.warnings];
  if (problem !== undefined) throw problem;
  const root = fields(source.toJS({ mapAsMap: true }));
  const header = {
    name: string(root.get('name')),
    description: nullable(root.get('description')),
    collections: entries(root.get('collections')).map(([key, value]) => ({
      key,
      name: string(value.get('name')),
    })),
    credentials: entries(root.get('credentials')).map(([key, value]) => ({
      key,
      name: string(value.get('name')),
      owner: string(value.get('owner')),
    })),
  };
  if (root.has('jobs')) return { header, workflows: [loadWorkflow(source, [], header.name, root)] };
  return {
    header,
    workflows: entries(root.get('workflows')).map(([key, workflow]) =>
      loadWorkflow(source, ['workflows', key], key, workflow),
    ),
  };
}

function loadWorkflow(source: Source, path: string[], key: string, workflow: Fields): DocumentWorkflow {
  return {
    key,
    name: string(workflow.get('name')),
    jobs: entries(workflow.get('jobs')).map(([jobKey, job]) => ({
      key: jobKey,
      name: string(job.get('name')),
      adaptor: string(job.get('adaptor')),
      credential: nullable(job.get('credential')),
      body: body(source, [...path, 'jobs', jobKey, 'body']) ?? '',
    })),
    triggers: entries(workflow.get('triggers')).map(([triggerKey, trigger]) => ({
      key: triggerKey,
      type: trigger.get('type') as TriggerType,
      webhookReply: nullable(trigger.get('webhook_reply')),
      webhookResponseConfig: responseConfig(trigger.get('webhook_response_config')),
      cronExpression: nullable(trigger.get('cron_expression')),
      cronCursorJob: nullable(trigger.get('cron_cursor_job')),
      enabled: trigger.get('enabled') !== false,
      kafkaConfiguration: kafkaConfiguration(trigger.get('kafka_configuration')),
    })),
    edges: entries(workflow.get('edges')).map(([edgeKey, edge]) => ({
      key: edgeKey,
      sourceTrigger: nullable(edge.get('source_trigger')),
      sourceJob: nullable(edge.get('source_job')),
      targetJob: string(edge.get('target_job')),
      conditionType: (edge.get('condition_type') ?? edge.get('condition')) as ConditionType,
      conditionLabel: nullable(edge.get('condition_label')),
      conditionExpression: body(source, [...path, 'edges', edgeKey, 'condition_expression']),
      enabled: edge.get('enabled') !== false,
    })),
  };
}

function body(source: Source, path: string[]): string | null {
  const node = source.getIn(path, true);
  if (!isScalar(node) || typeof node.value !== 'string') return null;
  return isClippedBlock(node) ? node.value.replace(/\n$/, '') : node.value;
}

function isClippedBlock(node: unknown): boolean {
  const token = isNode(node) ? node.srcToken : undefined;
  if (token?.type !== 'block-scalar') return false;
  return token.props.some(
    (prop) => prop.type === 'block-scalar-header' && 'source' in prop && !/[-+]/.test(prop.source),
  );
}

function responseConfig(value: unknown): Record<string, unknown> | null {
  return value === undefined ? null : Object.fromEntries(fields(value));
}

function kafkaConfiguration(value: unknown): KafkaConfiguration | null {
  if (value === undefined) return null;
  const kafka = fields(value);
  const timeout = kafka.get('connect_timeout');
  return {
    hosts: strings(kafka.get('hosts')).map((host) => {
      const colon = host.lastIndexOf(':');
      return [host.slice(0, colon), host.slice(colon + 1)];
    }),
    topics: strings(kafka.get('topics')),
    initialOffsetResetPolicy: nullable(kafka.get('initial_offset_reset_policy')),
    connectTimeout: typeof timeout === 'number' ? timeout : null,
  };
}

function entries(value: unknown): [key: string, value: Fields][] {
  return [...fields(value)].map(([key, entry]) => [string(key), fields(entry)]);
}

function fields(value: unknown): Fields {
  if (value === null || value === undefined) return new Map();
  if (!(value instanceof Map)) throw new TypeError('not a mapping');
  return value;
}

function strings(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value.map(string);
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a string: ${JSON.stringify(value)}`);
  return value;
}

function nullable(value: unknown): string | null {
  return value === null || value === undefined ? null : string(value);
}

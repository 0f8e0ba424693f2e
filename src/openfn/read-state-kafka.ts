import { isKafkaHost, KAFKA_SECRETS, type StoredKafka } from '../workflows/kafka-configuration.ts';
import type { StateFields } from './state-fields.ts';

const FIELDS: ReadonlySet<string> = new Set([
  'hosts',
  'topics',
  'initial_offset_reset_policy',
  'connect_timeout',
]);

/** What a Kafka trigger listens to. What it signs in with is never set here, as in Lightning. */
export function readStateKafka(fields: StateFields): StoredKafka | null | undefined {
  const posted = fields.object('kafka_configuration');
  if (posted === null || posted === undefined) return posted;
  const problem = problemOf(posted);
  if (problem === undefined) return posted;
  fields.errors.add('kafka_configuration', problem);
  return undefined;
}

function problemOf(posted: StoredKafka): string | undefined {
  const { hosts = [], topics = [], initial_offset_reset_policy: policy, connect_timeout: timeout } = posted;
  const others = Object.keys(posted).filter((field) => !FIELDS.has(field));
  if (others.some((field) => KAFKA_SECRETS.includes(field)))
    return 'credentials can only be changed through the dashboard';
  if (others.length > 0) return `extraneous parameters: ${others.join(', ')}`;
  if (!Array.isArray(hosts) || !hosts.every(isHost)) return 'hosts must be pairs of host and port';
  if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string'))
    return 'topics must be a list of texts';
  if ((policy ?? null) !== null && typeof policy !== 'string')
    return 'initial_offset_reset_policy must be a text';
  if ((timeout ?? null) !== null && !isCount(timeout))
    return 'connect_timeout must be a whole number of seconds, 0 or more';
  return undefined;
}

function isHost(pair: unknown): boolean {
  if (!Array.isArray(pair) || pair.length !== 2) return false;
  const [host, port] = pair;
  const isWritten = pair.every((part) => typeof part === 'string' || typeof part === 'number');
  return isWritten && isKafkaHost(String(host), String(port));
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

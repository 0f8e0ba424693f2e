/**
 * The project document as plain values: what an export writes and an import reads, free of YAML and of rows.
 *
 * Links between entries go by `key`; the shown text is `name`. Neither is computed from the other.
 */

/** Where in the source text something stands. Lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** Path of keys from the document's root, e.g. `workflows.my-flow.jobs.fetch.body`. */
  readonly path: string;
}

/** The parts of a document before its workflows. */
export interface DocumentHeader {
  readonly name: string;
  readonly description: string | null;
  readonly collections: readonly DocumentCollection[];
  readonly credentials: readonly DocumentCredential[];
}

export interface DocumentCollection {
  readonly key: string;
  readonly name: string;
}

export interface DocumentCredential {
  readonly key: string;
  readonly name: string;
  /** The owner's e-mail address. */
  readonly owner: string;
}

export interface DocumentWorkflow {
  readonly key: string;
  readonly name: string;
  readonly jobs: readonly DocumentJob[];
  readonly triggers: readonly DocumentTrigger[];
  readonly edges: readonly DocumentEdge[];
}

export interface DocumentJob {
  readonly key: string;
  readonly name: string;
  readonly adaptor: string;
  /** Key of the credential, null for none. */
  readonly credential: string | null;
  readonly body: string;
}

export type TriggerType = 'webhook' | 'cron' | 'kafka';

export interface DocumentTrigger {
  readonly key: string;
  readonly type: TriggerType;
  readonly webhookReply: string | null;
  readonly webhookResponseConfig: Readonly<Record<string, unknown>> | null;
  readonly cronExpression: string | null;
  /** Key of the job whose last output starts the next run. */
  readonly cronCursorJob: string | null;
  readonly enabled: boolean;
  readonly kafkaConfiguration: KafkaConfiguration | null;
}

/** What a document says of a Kafka trigger; user names and passwords are never part of it. */
export interface KafkaConfiguration {
  /** Pairs of host and port. */
  readonly hosts: readonly (readonly [host: string, port: string])[];
  readonly topics: readonly string[];
  readonly initialOffsetResetPolicy: string | null;
  /** Seconds. */
  readonly connectTimeout: number | null;
}

export type ConditionType = 'always' | 'on_job_success' | 'on_job_failure' | 'js_expression';

export interface DocumentEdge {
  readonly key: string;
  /** Exactly one of the two sources is set: the key of a trigger or of a job of the same workflow. */
  readonly sourceTrigger: string | null;
  readonly sourceJob: string | null;
  readonly targetJob: string;
  readonly conditionType: ConditionType;
  readonly conditionLabel: string | null;
  readonly conditionExpression: string | null;
  readonly enabled: boolean;
}

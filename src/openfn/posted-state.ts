import type { ConditionType, TriggerType } from '../exchange/document.ts';
import type { StoredKafka } from '../workflows/kafka-configuration.ts';
import type { RecordErrors } from './state-errors.ts';

/** A record of a posted state. Of its other fields one that is undefined was not said and stays as it is stored. */
export interface PostedRecord {
  /** Lower-case; of nobody when there was none. */
  readonly id: string;
  /** Whether it is to be removed. */
  readonly isDeleted: boolean;
  readonly errors: RecordErrors;
}

/** A project as somebody posts it to the provisioning API. */
export interface PostedState {
  readonly id: string;
  readonly name: string | undefined;
  readonly description: string | null | undefined;
  readonly collections: readonly PostedCollection[];
  readonly credentials: readonly PostedCredential[];
  readonly workflows: readonly PostedWorkflow[];
  readonly errors: RecordErrors;
}

export interface PostedCollection extends PostedRecord {
  readonly name: string | undefined;
}

/** The use of a credential by the project. */
export interface PostedCredential extends PostedRecord {
  readonly name: string;
  /** The owner's e-mail address; whoever posts it when there was none. */
  readonly owner: string | undefined;
}

export interface PostedWorkflow extends PostedRecord {
  readonly name: string | undefined;
  /** What the sender's copy is of. */
  readonly lockVersion: number | undefined;
  readonly jobs: readonly PostedJob[];
  readonly triggers: readonly PostedTrigger[];
  readonly edges: readonly PostedEdge[];
}

export interface PostedJob extends PostedRecord {
  readonly name: string | undefined;
  readonly adaptor: string | null | undefined;
  readonly body: string | null | undefined;
  readonly projectCredentialId: string | null | undefined;
  readonly keychainCredentialId: string | null | undefined;
}

export interface PostedTrigger extends PostedRecord {
  readonly type: TriggerType | null | undefined;
  readonly comment: string | null | undefined;
  readonly enabled: boolean | undefined;
  readonly cronExpression: string | null | undefined;
  readonly cronCursorJobId: string | null | undefined;
  readonly webhookReply: string | null | undefined;
  readonly webhookResponseConfig: Readonly<Record<string, unknown>> | null | undefined;
  readonly kafkaConfiguration: StoredKafka | null | undefined;
}

export interface PostedEdge extends PostedRecord {
  readonly sourceTriggerId: string | null | undefined;
  readonly sourceJobId: string | null | undefined;
  readonly targetJobId: string | null | undefined;
  readonly conditionType: ConditionType | null | undefined;
  readonly conditionExpression: string | null | undefined;
  readonly conditionLabel: string | null | undefined;
  readonly enabled: boolean | undefined;
}

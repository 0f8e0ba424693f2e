import { AuditEventSchema } from './audit-event.ts';
import { CollectionSchema } from './collection.ts';
import { CredentialSchema } from './credential.ts';
import { DataclipSchema } from './dataclip.ts';
import { EventSchema } from './event.ts';
import { IdempotencyKeySchema } from './idempotency-key.ts';
import { InvitationSchema } from './invitation.ts';
import { JobSchema } from './job.ts';
import { KeychainCredentialSchema } from './keychain-credential.ts';
import { LogLineSchema } from './log-line.ts';
import { MergeBaseSchema } from './merge-base.ts';
import { OperationSchema } from './operation.ts';
import { ProjectSchema } from './project.ts';
import { ProjectCredentialSchema } from './project-credential.ts';
import { ProjectFileSchema } from './project-file.ts';
import { ProjectHeadSchema } from './project-head.ts';
import { ProjectUserSchema } from './project-user.ts';
import { RunSchema } from './run.ts';
import { RunStepSchema } from './run-step.ts';
import { SandboxLineageSchema } from './sandbox-lineage.ts';
import { StepSchema } from './step.ts';
import { TriggerSchema } from './trigger.ts';
import { TriggerWebhookAuthMethodSchema } from './trigger-webhook-auth-method.ts';
import { UserSchema } from './user.ts';
import { WebhookAuthMethodSchema } from './webhook-auth-method.ts';
import { WorkOrderSchema } from './work-order.ts';
import { WorkflowSchema } from './workflow.ts';
import { WorkflowEdgeSchema } from './workflow-edge.ts';
import { WorkflowLossSchema } from './workflow-loss.ts';
import { WorkflowSnapshotSchema } from './workflow-snapshot.ts';
import { WorkflowVersionSchema } from './workflow-version.ts';

/** Every entity: MikroORM discovers nothing by itself. */
export const entities = [
  AuditEventSchema,
  CollectionSchema,
  CredentialSchema,
  DataclipSchema,
  EventSchema,
  IdempotencyKeySchema,
  InvitationSchema,
  JobSchema,
  KeychainCredentialSchema,
  LogLineSchema,
  MergeBaseSchema,
  OperationSchema,
  ProjectSchema,
  ProjectCredentialSchema,
  ProjectFileSchema,
  ProjectHeadSchema,
  ProjectUserSchema,
  RunSchema,
  RunStepSchema,
  SandboxLineageSchema,
  StepSchema,
  TriggerSchema,
  TriggerWebhookAuthMethodSchema,
  UserSchema,
  WebhookAuthMethodSchema,
  WorkOrderSchema,
  WorkflowSchema,
  WorkflowEdgeSchema,
  WorkflowLossSchema,
  WorkflowSnapshotSchema,
  WorkflowVersionSchema,
] as const;

export { AuditEvent } from './audit-event.ts';
export { Collection } from './collection.ts';
export { Credential } from './credential.ts';
export { Dataclip } from './dataclip.ts';
export { Event } from './event.ts';
export { IdempotencyKey } from './idempotency-key.ts';
export { Invitation } from './invitation.ts';
export { Job } from './job.ts';
export { KeychainCredential } from './keychain-credential.ts';
export { LogLine } from './log-line.ts';
export { MergeBase } from './merge-base.ts';
export { Operation } from './operation.ts';
export { Project } from './project.ts';
export { ProjectCredential } from './project-credential.ts';
export { ProjectFile } from './project-file.ts';
export { ProjectHead } from './project-head.ts';
export { ProjectUser } from './project-user.ts';
export { Run } from './run.ts';
export { RunStep } from './run-step.ts';
export { SandboxLineage } from './sandbox-lineage.ts';
export { Step } from './step.ts';
export { Trigger } from './trigger.ts';
export { TriggerWebhookAuthMethod } from './trigger-webhook-auth-method.ts';
export { User } from './user.ts';
export { WebhookAuthMethod } from './webhook-auth-method.ts';
export { WorkOrder } from './work-order.ts';
export { Workflow } from './workflow.ts';
export { WorkflowEdge } from './workflow-edge.ts';
export { WorkflowLoss } from './workflow-loss.ts';
export { WorkflowSnapshot } from './workflow-snapshot.ts';
export { WorkflowVersion } from './workflow-version.ts';

import type { MessageInitShape } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import type { EventKind } from '../database/event-kinds.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { ProjectEventKind, type ProjectEventSchema } from '../gen/lightning/projects/v1/project_event_pb.ts';
import type { EventRow } from './event-query.ts';
import type { WatchedProject } from './event-readers.ts';

/** The events that watchers hear of. The others are for the audit trail alone. */
export const watchedKinds = enumNames<WatchedKind, ProjectEventKind>({
  project_created: ProjectEventKind.CREATED,
  project_updated: ProjectEventKind.UPDATED,
  project_deleted: ProjectEventKind.DELETED,
  project_deletion_scheduled: ProjectEventKind.DELETION_SCHEDULED,
  project_deletion_cancelled: ProjectEventKind.DELETION_CANCELLED,
  members_changed: ProjectEventKind.MEMBERS_CHANGED,
  sandbox_provisioned: ProjectEventKind.SANDBOX_PROVISIONED,
  head_appended: ProjectEventKind.HEAD_APPENDED,
  project_imported: ProjectEventKind.IMPORTED,
  sandbox_merged: ProjectEventKind.MERGED,
  workflow_version_recorded: ProjectEventKind.WORKFLOW_VERSION_RECORDED,
});

export type WatchedKind = Exclude<
  EventKind,
  | 'project_deletion_started'
  | 'history_recorded'
  | 'history_deleted'
  | 'users_changed'
  | 'credentials_changed'
  | 'operation_started'
  | 'operation_cancelled'
>;

export function isWatched(kind: string): kind is WatchedKind {
  return (watchedKinds.names as readonly string[]).includes(kind);
}

/** The projects that watchers may hear something of, each once. */
export function projectsIn(events: readonly { readonly event: EventRow }[]): string[] {
  return [...new Set(events.flatMap(({ event }) => (isWatched(event.kind) ? [event.project_id] : [])))];
}

const WITH_HEAD: ReadonlySet<WatchedKind> = new Set([
  'head_appended',
  'project_imported',
  'sandbox_merged',
  'sandbox_provisioned',
  'workflow_version_recorded',
]);

/** An event as watchers see it. */
export function eventMessage(
  { kind, project_id, actor_id, data, inserted_at }: EventRow & { readonly kind: WatchedKind },
  project: WatchedProject,
): MessageInitShape<typeof ProjectEventSchema> {
  const names = kind === 'project_updated' || kind === 'members_changed' ? Object.keys(data) : [];
  return {
    kind: watchedKinds.value(kind),
    projectId: project_id,
    parentId: project.parentId ?? '',
    actorUserId: actor_id ?? '',
    occurredAt: toTimestamp(inserted_at),
    changedFields: names.toSorted(),
    headHash: WITH_HEAD.has(kind) ? afterOf(data.head_hash) || (project.headHash ?? '') : '',
    sourceProjectId: sourceOf(kind, data),
  };
}

function sourceOf(kind: WatchedKind, data: Readonly<Record<string, unknown>>): string {
  if (kind === 'sandbox_provisioned') return afterOf(data.parent_id);
  return kind === 'sandbox_merged' ? afterOf(data.sandbox_id) : '';
}

/** What a field is after a change; of what is new some kinds write the value itself. */
function afterOf(change: unknown): string {
  const after: unknown = typeof change === 'string' ? change : Object(change).after;
  return typeof after === 'string' ? after : '';
}

import type { DescMethod, Message } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { Access } from '../call/access.ts';
import { Failure, invalidArgument, permissionDenied } from '../call/failure.ts';
import type { NamedMember } from '../call/member-place.ts';
import type { Principal } from '../call/principal.ts';
import { type Requirement, requirementsOf } from './access-rules.ts';

/**
 * Throws unless the principal meets every requirement that the table states for the method and this request.
 * A method without a rule is refused, and so is every method that changes something to a `projects:read` token.
 */
export async function authorize(
  method: DescMethod,
  request: Message,
  principal: Principal,
  access: Access,
): Promise<void> {
  if (principal.kind === 'service' && principal.scope === 'read' && !isRead(method)) {
    throw permissionDenied(
      'SCOPE_REQUIRED',
      'the token has only the scope projects:read and changes nothing',
    );
  }
  checkActor(request, principal);
  // Side by side: questions about several projects share a round trip to the database.
  await Promise.all(requirementsOf(method, request).map((requirement) => meet(requirement, access)));
}

async function meet(requirement: Requirement, access: Access): Promise<void> {
  switch (requirement.kind) {
    case 'anyone':
      await access.requirePerson();
      break;
    case 'site':
      await access.requireSite();
      break;
    case 'self':
      await access.requireSelf(requirement.userId);
      break;
    case 'audit':
      await access.requireAudit(requirement.projectId);
      break;
    case 'admin_service':
      access.requireAdminService();
      break;
    case 'deletion':
      await access.requireDeletion(requirement.projectId);
      break;
    case 'project':
      // Only UpdateProject gets here without one: its project is a message that others send without an id.
      if (requirement.projectId === '') throw missingProject();
      await access.require(requirement.permission, requirement.projectId);
      break;
    case 'operation':
      await access.requireOperation(requirement.permission, requirement.operationId);
      break;
    case 'member':
      if (!isNamed(requirement.member)) throw unnamedMember(requirement.field);
      await access.requireOfMember(requirement.permission, requirement.member);
      break;
  }
}

function missingProject(): Failure {
  return invalidArgument([{ field: 'project.id', description: 'is required', rule: 'REQUIRED' }]);
}

function isNamed(member: NamedMember): boolean {
  return 'memberId' in member || (member.projectId !== '' && member.userId !== '');
}

function unnamedMember(field: string): Failure {
  const description = 'is required, or the ids of the project and of the person';
  return invalidArgument([{ field, description, rule: 'REQUIRED' }]);
}

function isRead(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

/** The acting user that a request names; undefined when it names none. */
export function actorUserId(request: Message): string | undefined {
  const actor: unknown = Reflect.get(optionsOf(request), 'actorUserId');
  return typeof actor === 'string' && actor !== '' ? actor.toLowerCase() : undefined;
}

/** Where a request keeps its options: in itself, or in the first message of a stream under `part.options`. */
function optionsOf(request: Message): object {
  const part: unknown = Reflect.get(request, 'part');
  const value: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, 'value') : undefined;
  return typeof value === 'object' && value !== null ? value : request;
}

/** A person may name nobody else as the acting user. */
function checkActor(request: Message, principal: Principal): void {
  const actor = actorUserId(request);
  if (actor === undefined || principal.kind === 'service' || actor === principal.userId) return;
  const field = optionsOf(request) === request ? 'actor_user_id' : 'options.actor_user_id';
  throw new Failure('permission_denied', 'ACTOR_NOT_SELF', `${field}: a user may act only as itself`, {
    fields: [{ field, description: 'must be your own id, or empty' }],
  });
}

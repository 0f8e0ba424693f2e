import { Failure, notFound } from './failure.ts';

/** Where a membership belongs. */
export interface MemberPlace {
  readonly projectId: string;
  readonly userId: string;
}

/** Which membership a call is about: the one with an id, or a person's in a project. */
export type NamedMember = MemberPlace | { readonly memberId: string };

/** The failure of every call about a membership that there is none of. */
export function noSuchMember(named: NamedMember): Failure {
  if ('memberId' in named) return notFound('member', named.memberId);
  const message = `user ${named.userId} is no member of project ${named.projectId}`;
  return new Failure('not_found', 'MEMBER_NOT_FOUND', message, {
    resource: { type: 'user', name: named.userId },
  });
}

/** Who makes the calls, and with what token. */
export type Actor =
  /** An internal service. */
  | 'admin'
  /** A service that may only read. */
  | 'reader'
  /** People with their roles in the project that the calls are about. */
  | 'owner'
  | 'editor'
  | 'viewer'
  /** Known, but no member of anything. */
  | 'stranger'
  /** Somebody with an invitation. */
  | 'guest'
  /** No token at all. */
  | 'nobody'
  /** A token that somebody else signed. */
  | 'forger';

export type Tokens = Readonly<Record<Exclude<Actor, 'nobody'>, string>>;

const id = (last: string) => `c0f0e000-0000-4000-8000-${last.padStart(12, '0')}`;

export const people = {
  owner: { id: id('1'), email: 'owner@example.org', firstName: 'Olive', lastName: 'Office' },
  editor: { id: id('2'), email: 'editor@example.org', firstName: 'Édouard', lastName: '☕' },
  viewer: { id: id('3'), email: 'viewer@example.org' },
  stranger: { id: id('4'), email: 'stranger@example.org' },
} as const;

/** In nothing but the project that they are invited to. */
export const guest = { id: id('5'), email: 'guest@example.org' } as const;

/** The token of the guest's invitation, see `seeded-invitation.ts`. */
export const invitationToken = 'wPDgAAAAQACAAAAAAAAAqmFuIGludml0YXRpb24gZm9yIGNvbmZvcm1hbmNlICAg';

/** Nothing and nobody has this id. */
export const unknownId = id('ffff');

/** Of the project that `seeded-history.ts` makes; nobody is a member of it. */
export const seededProjectId = id('1d');

/** A request id, or an id of the caller's choice: the same number, the same id. */
export const ownId = (number: number) => id(`e${number}`);

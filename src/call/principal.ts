/** Who calls. */
export type Principal = UserPrincipal | ServicePrincipal;

/** A person: the token's `sub` is the user's id. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly subject: string;
  readonly userId: string;
}

/** An internal service. `admin` passes every rule, `read` may read every project and change nothing. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly subject: string;
  readonly scope: 'admin' | 'read';
}

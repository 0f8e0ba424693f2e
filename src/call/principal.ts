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

const SERVICE_SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/** Whether a token's `sub` can name a service in the audit trail: 1 to 255 characters that are no control characters. */
export function isServiceSubject(sub: unknown): sub is string {
  return typeof sub === 'string' && SERVICE_SUBJECT.test(sub);
}

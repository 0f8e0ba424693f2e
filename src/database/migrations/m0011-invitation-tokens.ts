import type { Migration } from './migration.ts';

/**
 * An invitation has a token for each attempt to mail it: their SHA-256 digests one after the other. The token itself
 * names the invitation, so that nothing has to be looked up by a secret.
 */
export const m0011InvitationTokens: Migration = {
  name: '0011_invitation_tokens',
  sql: `
alter table invitations
  drop column token_hash,
  add column token_hashes bytea not null default ''
    constraint invitations_token_hashes_check check (octet_length(token_hashes) % 32 = 0);
`,
};

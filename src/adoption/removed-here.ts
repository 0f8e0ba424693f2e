/** SQL over `audit_events`: whether it tells that the person, SQL too, was taken out of the project, and not by an adoption. */
export const tellsOfRemoval = (projectId: string, userId: string): string => `(
  project_id = ${projectId} and kind = 'members_changed' and method <> 'adopt' and (
    changes -> 'user_id' ->> 'before' = ${userId}::text and not changes -> 'user_id' ? 'after'
    or changes -> 'removed' @> jsonb_build_array(jsonb_build_object('user_id', ${userId}))
  )
)`;

/** SQL over `given`, credentials: which were deleted here. Those of the audit trail are read once for all of them. */
export const credentialWasDeleted = `(
  not exists (select from credentials here where here.id = given.id) and given.id in (
    select item_id from audit_events
    where project_id is null and kind = 'credentials_changed' and item_type = 'credential'
      and changes -> 'user_id' ? 'before' and not changes -> 'user_id' ? 'after'
  )
)`;

/** SQL over `given`, uses of credentials: which left the project with their owner, who is still out of it. */
export const ownerWasRemoved = `(
  not exists (select from project_credentials here where here.id = given.id) and exists (
    select from credentials
    where credentials.id = given.credential_id and not exists (
      select from project_users here
      where here.project_id = given.project_id and here.user_id = credentials.user_id
    ) and exists (select from audit_events where ${tellsOfRemoval('given.project_id', 'credentials.user_id')})
  )
)`;

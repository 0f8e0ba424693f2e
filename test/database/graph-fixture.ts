/** A UUID that ends in `end` and is easy to read in a failure. */
export function id(end: string): string {
  return `00000000-0000-7000-8000-${end.padStart(12, '0')}`;
}

/**
 * SQL for a small workspace: a root (b1) with an owner (a1), a sandbox (b3) and another root (b2); in the root a
 * workflow (d1) of two jobs (e1, e2) and a trigger (f1), a second one (d2) with a job (e3) and a trigger (f2), and a
 * deleted one (d3); credentials (c1), their use in the project (c2) and a keychain (c3).
 */
export const graph = `
insert into users (id, email) values ('${id('a1')}', 'One@example.org'), ('${id('a2')}', 'two@example.org');
insert into projects (id, name) values ('${id('b1')}', 'root'), ('${id('b2')}', 'other');
insert into projects (id, name, parent_id) values ('${id('b3')}', 'sandbox', '${id('b1')}');
insert into project_users (project_id, user_id, role) values ('${id('b1')}', '${id('a1')}', 'owner');
insert into project_heads (project_id, position, hash) values ('${id('b1')}', 1, 'aaaaaaaaaaaa');
insert into credentials (id, user_id, name, schema) values ('${id('c1')}', '${id('a1')}', 'cred', 'raw');
insert into project_credentials (id, project_id, credential_id) values ('${id('c2')}', '${id('b1')}', '${id('c1')}');
insert into keychain_credentials (id, project_id, name, path, default_credential_id)
  values ('${id('c3')}', '${id('b1')}', 'chain', '$.x', '${id('c1')}');
insert into collections (project_id, name) values ('${id('b1')}', 'items');
insert into workflows (id, project_id, name) values ('${id('d1')}', '${id('b1')}', 'flow'), ('${id('d2')}', '${id('b1')}', 'flow 2');
insert into workflows (id, project_id, name, deleted_at) values ('${id('d3')}', '${id('b1')}', 'gone', now());
insert into jobs (id, workflow_id, name, body, adaptor) values
  ('${id('e1')}', '${id('d1')}', 'first', '', 'x'), ('${id('e2')}', '${id('d1')}', 'second', '', 'x'),
  ('${id('e3')}', '${id('d2')}', 'elsewhere', '', 'x');
insert into triggers (id, workflow_id, type, custom_path, cron_cursor_job_id) values
  ('${id('f1')}', '${id('d1')}', 'webhook', 'hook', '${id('e2')}'), ('${id('f2')}', '${id('d2')}', 'cron', null, null);
insert into workflow_edges (workflow_id, source_trigger_id, target_job_id) values ('${id('d1')}', '${id('f1')}', '${id('e1')}');
insert into workflow_snapshots (workflow_id, lock_version, name) values ('${id('d1')}', 1, 'flow');
insert into audit_events (kind, item_type, item_id, method) values ('k', 'project', '${id('b1')}', 'm');
insert into invitations (project_id, email, role, expires_at) values ('${id('b1')}', 'x', 'admin', now());
`;

import { defineEntity, p } from '@mikro-orm/core';
import { insertedAt } from './columns.ts';
import { Project } from './project.ts';

export const SandboxLineageSchema = defineEntity({
  name: 'SandboxLineage',
  tableName: 'sandbox_lineage',
  properties: {
    copyId: p.uuid().primary(),
    sandbox: () => p.manyToOne(Project).ref(),
    kind: p.enum(['workflow', 'job', 'trigger', 'edge', 'keychain']),
    /** The row it was copied from, which may be gone. */
    sourceId: p.uuid(),
    /** Of workflows: the version and the lock_version of both when they were last the same. */
    sourceHash: p.text().nullable(),
    sourceLockVersion: p.integer().nullable(),
    copyHash: p.text().nullable(),
    copyLockVersion: p.integer().nullable(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['sandbox', 'kind'] }, { properties: ['sourceId'] }],
  checks: [
    { name: 'sandbox_lineage_source_hash_check', expression: "source_hash ~ '^[0-9a-f]{12}$'" },
    { name: 'sandbox_lineage_copy_hash_check', expression: "copy_hash ~ '^[0-9a-f]{12}$'" },
  ],
});

/** Which row was copied from which, by provisioning or by a merge: what compare and merge match by. */
export class SandboxLineage extends SandboxLineageSchema.class {}
SandboxLineageSchema.setClass(SandboxLineage);

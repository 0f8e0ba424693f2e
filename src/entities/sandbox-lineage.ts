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
    /** The workflow's hash when it was copied. */
    sourceHash: p.text().nullable(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['sandbox', 'kind'] }, { properties: ['sourceId'] }],
  checks: [{ name: 'sandbox_lineage_source_hash_check', expression: "source_hash ~ '^[0-9a-f]{12}$'" }],
});

/** Which row of a sandbox was copied from which: what compare and merge match by. */
export class SandboxLineage extends SandboxLineageSchema.class {}
SandboxLineageSchema.setClass(SandboxLineage);

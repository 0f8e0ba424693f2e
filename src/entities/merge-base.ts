import { defineEntity, p } from '@mikro-orm/core';
import { moment } from './columns.ts';
import { Workflow } from './workflow.ts';

export const MergeBaseSchema = defineEntity({
  name: 'MergeBase',
  tableName: 'merge_bases',
  properties: {
    /** The one with the lesser id. */
    one: () => p.manyToOne(Workflow).ref().primary().deleteRule('cascade').updateRule('no action'),
    other: () => p.manyToOne(Workflow).ref().primary().deleteRule('cascade').updateRule('no action'),
    oneHash: p.text().nullable(),
    /** -1: it stood elsewhere, and only the other one is settled. */
    oneLockVersion: p.integer(),
    otherHash: p.text().nullable(),
    otherLockVersion: p.integer(),
    updatedAt: moment(),
  },
  checks: [{ name: 'merge_bases_order_check', expression: 'one_id < other_id' }],
  indexes: [{ properties: ['other'] }],
});

/** Where two workflows stood when a merge settled them, of pairs that the lineage does not tell it of. */
export class MergeBase extends MergeBaseSchema.class {}
MergeBaseSchema.setClass(MergeBase);

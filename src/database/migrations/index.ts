import { m0001UuidV7 } from './m0001-uuid-v7.ts';
import { m0002Projects } from './m0002-projects.ts';
import { m0003Workflows } from './m0003-workflows.ts';
import { m0004HeadHash } from './m0004-head-hash.ts';
import { m0005History } from './m0005-history.ts';
import { m0006Service } from './m0006-service.ts';
import { m0007Lists } from './m0007-lists.ts';
import { m0008OneOwner } from './m0008-one-owner.ts';
import { m0009PlaceholderUsers } from './m0009-placeholder-users.ts';
import { m0010LatestVersion } from './m0010-latest-version.ts';
import { m0011InvitationTokens } from './m0011-invitation-tokens.ts';
import { m0012ProjectRoot } from './m0012-project-root.ts';
import { m0013Operations } from './m0013-operations.ts';
import { m0015Retention } from './m0015-retention.ts';
import { m0017LineageMarks } from './m0017-lineage-marks.ts';
import { m0018OperationLists } from './m0018-operation-lists.ts';
import { m0019AuditPrivileges } from './m0019-audit-privileges.ts';
import { m0020MovedWorkflows } from './m0020-moved-workflows.ts';
import { m0021RootStanding } from './m0021-root-standing.ts';
import { m0022MergeBases } from './m0022-merge-bases.ts';
import { m0023WorkflowLosses } from './m0023-workflow-losses.ts';
import type { Migration } from './migration.ts';

/** All migrations, oldest first: the order in which they run. */
export const migrations: readonly Migration[] = [
  m0001UuidV7,
  m0002Projects,
  m0003Workflows,
  m0004HeadHash,
  m0005History,
  m0006Service,
  m0007Lists,
  m0008OneOwner,
  m0009PlaceholderUsers,
  m0010LatestVersion,
  m0011InvitationTokens,
  m0012ProjectRoot,
  m0013Operations,
  m0015Retention,
  m0017LineageMarks,
  m0018OperationLists,
  m0019AuditPrivileges,
  m0020MovedWorkflows,
  m0021RootStanding,
  m0022MergeBases,
  m0023WorkflowLosses,
];

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { type PageKey, pageSize, readPageToken, writePageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import { v7 as uuid } from '../database/uuid.ts';
import type { WorkflowDifferenceSchema } from '../gen/lightning/projects/v1/comparison_pb.ts';
import type {
  CompareProjectsRequest,
  CompareProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { BodyChanges, LINES_LIMIT, WORKFLOW_EFFORT } from './body-changes.ts';
import { differingCollections } from './collections.ts';
import { type ComparedPair, comparedPairs, differs } from './compared-pairs.ts';
import { differenceMessage } from './comparison-message.ts';
import { CredentialMap, usableCredentials } from './credential-map.ts';
import { headsOfOneWorkspace } from './one-workspace.ts';
import { allPairs, touchedPairs } from './read-pairs.ts';
import { comparePlaces, placeOf, type WorkflowPair } from './workflow-pairs.ts';

/**
 * Tells what differs between two projects of a workspace, workflow by workflow, by name. All of one state of the
 * database; what neither side has touched since both were the same is not read.
 *
 * @throws Failure NOT_IN_WORKSPACE
 */
export async function compareProjects(
  request: CompareProjectsRequest,
  call: Call,
): Promise<MessageInitShape<typeof CompareProjectsResponseSchema>> {
  const [sourceId, targetId] = [request.sourceId.toLowerCase(), request.targetId.toLowerCase()];
  const { includeSame } = request;
  const size = pageSize(request);
  const list = ['CompareProjects', sourceId, targetId, includeSame];
  const start = readPageToken(request, list, ['text', 'uuid']);

  return await call.snapshot(async (read) => {
    const heads = await headsOfOneWorkspace(read, sourceId, targetId);
    const found = await (includeSame ? allPairs : touchedPairs)(read, sourceId, targetId);
    const pairs = found.filter(
      (pair) => start === undefined || comparePlaces(placeOf(pair), startPlace(start)) > 0,
    );
    const { workflows, next } = await comparedPage(
      read,
      sourceId,
      targetId,
      pairs.slice(0, size),
      includeSame,
      call.signal,
    );
    const last = pairs[next - 1];
    return {
      workflows,
      ...(start === undefined ? await differingCollections(read, sourceId, targetId) : {}),
      sourceHead: heads.source,
      targetHead: heads.target,
      nextPageToken: next < pairs.length && last !== undefined ? writePageToken(placeOf(last), list) : '',
    };
  });
}

/** Of the bodies of one page, as {@link WORKFLOW_EFFORT} of those of one workflow. */
const PAGE_EFFORT = 10 * WORKFLOW_EFFORT;

interface Page {
  readonly workflows: MessageInitShape<typeof WorkflowDifferenceSchema>[];
  /** How many of the pairs were looked at: fewer than all where the lines got too many, or took too long to find. */
  readonly next: number;
}

async function comparedPage(
  read: Queries,
  sourceId: string,
  targetId: string,
  pairs: readonly WorkflowPair[],
  includeSame: boolean,
  signal: AbortSignal,
): Promise<Page> {
  const newId = () => uuid();
  const usable = await usableCredentials(read, sourceId, targetId);
  const credentials = new CredentialMap(usable(sourceId), usable(targetId), newId);
  const options = { credentialOf: credentials.of.bind(credentials), newId };
  const isShown = (pair: ComparedPair) =>
    includeSame || pair.source === undefined || pair.target === undefined || differs(pair);
  const workflows: Page['workflows'] = [];
  let [next, told, effort] = [0, 0, 0];
  for await (const pair of comparedPairs(read, pairs, options, false)) {
    next += 1;
    if (!isShown(pair)) continue;
    const bodies = new BodyChanges();
    workflows.push(differenceMessage(pair, bodies).message);
    told += bodies.told;
    effort += WORKFLOW_EFFORT - bodies.effort.left;
    if (told >= LINES_LIMIT || effort >= PAGE_EFFORT) break;
    signal.throwIfAborted();
  }
  return { workflows, next };
}

/** Tokens are made of {@link placeOf}. */
function startPlace([name, id]: PageKey): readonly [string, string] {
  return [String(name), String(id)];
}

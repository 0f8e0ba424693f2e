import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeAction, MergeStrategy } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aCredential, attach, jobWith } from '../support/credentials.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

const { FAIL, OURS, THEIRS } = MergeStrategy;
const { KEEP, UPDATE } = MergeAction;

/** A project with one workflow, of two jobs that run with credentials of two members. */
async function aForest() {
  const [owner, editor, viewer] = [await aUser(service), await aUser(service), await aUser(service)];
  const { id: root } = await aProject(service, { owner, editor, viewer });
  const others = [editor, viewer];
  const uses: string[] = [];
  for (const other of others) uses.push(await attach(service, await aCredential(service, other), root));
  const job = await jobWith(service, root, uses[0] ?? '');
  await rows(
    service,
    `insert into jobs (workflow_id, name, body, adaptor, project_credential_id)
     select workflow_id, 'other', '', '@openfn/language-common', $2 from jobs where id = $1`,
    [job, uses[1]],
  );
  const projects = service.client(ProjectsService, owner.token);
  const members = service.client(MembersService, owner.token);
  return {
    root,
    sandboxOf: async (parentId: string) => {
      const collaborators = others.map(({ id: userId }) => ({ userId, role: Role.EDITOR }));
      const name = `s-${randomUUID()}`;
      const { project } = await projects.provisionSandbox({ parentId, name, collaborators });
      return project?.id ?? '';
    },
    /** The workflow loses a credential: a member leaves. */
    lose: async (projectId: string, which = 0) => {
      await members.removeMember({ projectId, userId: others[which]?.id ?? '' });
    },
    merge: async (sandboxId: string, targetId: string, strategy: MergeStrategy) => {
      const { plan } = await projects.mergeSandbox({ sandboxId, targetId, strategy });
      return (plan?.steps ?? []).map(({ action }) => action);
    },
    compare: async (sourceId: string, targetId: string) =>
      (await projects.compareProjects({ sourceId, targetId })).workflows,
  };
}
type Forest = Awaited<ReturnType<typeof aForest>>;

/** As somebody does it in the app. */
async function edit(projectId: string): Promise<void> {
  await rows(
    service,
    `with edited as (
       update workflows set lock_version = lock_version + 1 where project_id = $1 returning id
     )
     update jobs set body = $2 from edited where workflow_id = edited.id`,
    [projectId, randomUUID()],
  );
}

/** Whether each job has its credential. */
async function credentialsIn(projectId: string): Promise<readonly boolean[]> {
  const found = await rows<{ has: boolean }>(
    service,
    `select project_credential_id is not null as has from jobs j join workflows w on w.id = j.workflow_id
     where w.project_id = $1 order by j.name`,
    [projectId],
  );
  return found.map(({ has }) => has);
}

/** No merge of the one into the other does anything, nor is one refused. */
async function expectNothing(forest: Forest, source: string, target: string): Promise<void> {
  const before = await credentialsIn(target);
  for (const strategy of [FAIL, OURS, THEIRS]) {
    expect(await forest.merge(source, target, strategy)).toEqual([KEEP]);
    expect(await credentialsIn(target)).toEqual(before);
  }
}

describe('What a workflow loses without an edit', () => {
  it.each([
    ['from another sandbox of the same parent', 'l', 'sibling'],
    ['from what is no copy of the one that lost it', 'after', 'root'],
    ['through several copies', 'afterThat', 'root'],
    ['from a copy of another copy', 'afterThat', 'cousin'],
    ['from a copy that was made before', 'l', 'before'],
    ['back from a copy that was made before', 'before', 'l'],
    ['from a cousin, by the one in between', 'before', 'after'],
    ['nor does the one in between lose it', 'after', 'before'],
    ['nor does it come back from a sibling', 'sibling', 'l'],
    ['nor from there into copies', 'sibling', 'afterThat'],
  ] as const)('no merge takes, or brings back: %s', async (_, from, into) => {
    const forest = await aForest();
    const { root, sandboxOf } = forest;
    const [l, sibling] = [await sandboxOf(root), await sandboxOf(root)];
    const [before, cousin] = [await sandboxOf(l), await sandboxOf(sibling)];
    await forest.lose(l);
    const after = await sandboxOf(l);
    const afterThat = await sandboxOf(after);
    const all = { root, l, sibling, before, cousin, after, afterThat };

    await expectNothing(forest, all[from], all[into]);

    expect(await forest.compare(all[from], all[into])).toMatchObject(
      JSON.stringify(await credentialsIn(all[from])) === JSON.stringify(await credentialsIn(all[into]))
        ? []
        : [{ changedInSource: false, changedInTarget: true, conflict: false }],
    );
  });

  it('no merge takes where the root lost it, from sandboxes that were made before', async () => {
    const forest = await aForest();
    const before = await forest.sandboxOf(forest.root);
    await forest.lose(forest.root);
    const after = await forest.sandboxOf(forest.root);
    for (const [source, target] of [
      [after, before],
      [before, after],
      [before, forest.root],
    ] as const)
      await expectNothing(forest, source, target);
  });

  it('no merge takes when it happens again, nor when a merge had settled both', async () => {
    const forest = await aForest();
    const [one, other] = [await forest.sandboxOf(forest.root), await forest.sandboxOf(forest.root)];
    await edit(one);
    expect(await forest.merge(one, other, FAIL)).toEqual([UPDATE]);
    expect(await forest.merge(one, forest.root, FAIL)).toEqual([UPDATE]);
    await forest.lose(one, 0);
    const below = await forest.sandboxOf(one);
    await forest.lose(one, 1);
    await expectNothing(forest, one, other);
    for (const source of [one, below, await forest.sandboxOf(one)])
      await expectNothing(forest, source, forest.root);
    expect(await credentialsIn(forest.root)).toEqual([true, true]);
  });

  it('is no edit of the side that lost a conflict', async () => {
    const forest = await aForest();
    const sandbox = await forest.sandboxOf(forest.root);
    await edit(sandbox);
    await edit(forest.root);
    await forest.merge(sandbox, forest.root, OURS);
    await forest.lose(sandbox);
    expect(await forest.merge(sandbox, forest.root, FAIL)).toEqual([KEEP]);
  });

  it.each(['lost', 'copied'] as const)('goes with the next edit of what %s it', async (which) => {
    const forest = await aForest();
    const [lost, sibling] = [await forest.sandboxOf(forest.root), await forest.sandboxOf(forest.root)];
    await forest.lose(lost);
    const source = which === 'lost' ? lost : await forest.sandboxOf(lost);
    await edit(source);
    for (const target of [sibling, forest.root]) {
      expect(await forest.merge(source, target, FAIL)).toEqual([UPDATE]);
      expect(await credentialsIn(target)).toEqual([false, true]);
      expect(await forest.merge(source, target, FAIL)).toEqual([KEEP]);
    }
  });

  it('goes with a copy of what was edited since', async () => {
    const forest = await aForest();
    const lost = await forest.sandboxOf(forest.root);
    await forest.lose(lost);
    await edit(lost);
    expect(await forest.merge(await forest.sandboxOf(lost), forest.root, FAIL)).toEqual([UPDATE]);
  });

  it('is a conflict with an edit of the other side that would bring it back', async () => {
    const forest = await aForest();
    const [lost, sibling] = [await forest.sandboxOf(forest.root), await forest.sandboxOf(forest.root)];
    await forest.lose(lost);
    await edit(sibling);
    for (const target of [lost, await forest.sandboxOf(lost)]) {
      expect(await refusal(forest.merge(sibling, target, FAIL))).toMatchObject({ reason: 'MERGE_CONFLICT' });
      await expectNothing(forest, target, sibling);
    }
  });

  it('changes nothing by any merge of what nobody edited, whoever leaves wherever', async () => {
    const step = fc.record({ at: fc.nat(20), loses: fc.constantFrom(undefined, 0, 1) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 6 }), async (steps) => {
        const forest = await aForest();
        const all = [forest.root, await forest.sandboxOf(forest.root)];
        const left = new Set<string>();
        for (const { at, loses } of steps) {
          const project = all[at % all.length] ?? '';
          if (loses === undefined) all.push(await forest.sandboxOf(project));
          else if (!left.has(`${project} ${loses}`)) {
            await forest.lose(project, loses);
            left.add(`${project} ${loses}`);
          }
        }
        const edited = all.at(-1) ?? '';
        await edit(edited);
        for (const source of all.slice(1)) {
          for (const target of all) {
            if (source === target || source === edited) continue;
            const before = await credentialsIn(target);
            expect(await forest.merge(source, target, FAIL)).toEqual([KEEP]);
            expect(await forest.merge(source, target, THEIRS)).toEqual([KEEP]);
            expect(await credentialsIn(target)).toEqual(before);
          }
        }
      }),
      { numRuns: 4 },
    );
  });
});

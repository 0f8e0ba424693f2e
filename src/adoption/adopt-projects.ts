import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { refreshHeads } from '../heads/head-query.ts';
import { heads, members, projects } from './adopted-tables.ts';
import type { Adoption } from './adoption.ts';
import { membersRemovedHere, projectsDeletedHere, usersHere } from './adoption-facts.ts';
import { halving } from './halving.ts';
import { type MemberRow, ownersProblem } from './owners-problem.ts';
import { removeGone } from './remove-gone.ts';
import { rowNews } from './row-news.ts';
import { tellProjects } from './tell-projects.ts';
import { keyOfRow, keysOf, left, type Written, writeRows } from './write-rows.ts';

/** Projects that are written together. */
const AT_A_TIME = 200;

/** A project's row with what arrives together with it or not at all. */
interface Whole {
  readonly id: string;
  readonly row: string;
  readonly members: readonly string[];
  readonly heads: readonly string[];
}

/** Adopts projects with their members and heads, parents before sandboxes. */
export async function adoptProjects(adoption: Adoption): Promise<void> {
  const seen: string[] = [];
  for await (const level of adoption.source.projectLevels()) {
    for (let at = 0; at < level.length; at += AT_A_TIME)
      await adoptSome(adoption, level.slice(at, at + AT_A_TIME));
    for (const id of level) seen.push(id);
  }
  const inCircles = await adoption.source.projectsBeside(seen);
  const wholes = await wholesOf(adoption, inCircles);
  await adoption.change(async () =>
    wholes.flatMap((whole) => leftWhole(whole, 'its parents run in a circle')),
  );
  for (const { name } of [projects, members, heads]) adoption.progress(name);
}

async function adoptSome(adoption: Adoption, ids: readonly string[]): Promise<void> {
  const wholes = await wholesOf(adoption, ids);
  let created: string[] = [];
  await adoption.change(async (unit) => {
    const { allowed, refused } = await judge(unit, wholes);
    const projectRows = allowed.map(({ row }) => row);
    const memberRows = allowed.flatMap((whole) => whole.members);
    const news = {
      project: await rowNews(unit, projects, projectRows),
      member: await rowNews(unit, members, memberRows),
    };
    const results = await halving(unit, allowed, (some) => write(unit, some), leftWhole);
    const written = [...refused, ...results].flat();
    created = written.filter(({ table }) => table === projects).flatMap((one) => keysOf(one, 'created'));
    await refreshHeads(unit.db, created);
    const hashes = new Map(allowed.map((whole) => [whole.id, whole.heads.map(hashOf)]));
    tellProjects(unit, written, news, (id) => hashes.get(id) ?? []);
    return written;
  });
  adoption.meet(created);
}

async function wholesOf({ source }: Adoption, ids: readonly string[]): Promise<Whole[]> {
  const rows = await source.rowsOf(projects, 'id = any ($1::uuid[])', ids);
  const memberRows = await source.rowsOf(members, 'project_id = any ($1::uuid[])', ids);
  const headRows = await source.rowsOf(heads, 'id = any ($1::uuid[])', ids);
  const membersOf = Map.groupBy(memberRows, projectOf);
  const headsOf = Map.groupBy(headRows, projectOf);
  return rows.map((row) => {
    const id = keyOfRow(projects, row);
    return { id, row, members: membersOf.get(id) ?? [], heads: headsOf.get(id) ?? [] };
  });
}

/** Which may be written as far as their members and what became of them here tell, and the answers for the others. */
async function judge(
  unit: UnitOfWork,
  wholes: readonly Whole[],
): Promise<{ allowed: readonly Whole[]; refused: readonly Written[][] }> {
  const memberRows = (whole: Whole) => whole.members.map((row): MemberRow => JSON.parse(row));
  const userIds = new Set(wholes.flatMap(memberRows).map(({ user_id }) => user_id));
  const known = await usersHere(unit.db, [...userIds]);
  const deleted = await projectsDeletedHere(
    unit.db,
    wholes.map(({ id }) => id),
  );
  const removed = await membersRemovedHere(
    unit.db,
    wholes.flatMap((whole) => whole.members),
  );
  const isRemoved = (row: string) => removed.has(keyOfRow(members, row));
  const allowed: Whole[] = [];
  const refused: Written[][] = [];
  for (const whole of wholes) {
    const problem = deleted.has(whole.id) ? 'it was deleted here' : ownersProblem(memberRows(whole), known);
    if (problem !== undefined) {
      refused.push(leftWhole(whole, problem));
      continue;
    }
    const gone = whole.members.filter(isRemoved);
    allowed.push({ ...whole, members: whole.members.filter((row) => !isRemoved(row)) });
    if (gone.length > 0)
      refused.push([
        { table: members, read: gone.length, answers: [left(members, gone, 'it was removed here')] },
      ]);
  }
  return { allowed, refused };
}

/**
 * Those of them who are not owners are written first, so that an owner who steps down makes room for the next one. At
 * its end the database looks whether each project has its owner, which it would else do at the commit.
 */
async function write(unit: UnitOfWork, wholes: readonly Whole[]): Promise<Written[]> {
  const lead = await writeRows(
    unit,
    projects,
    wholes.map(({ row }) => row),
  );
  const strangers = new Set(keysOf(lead, 'created', 'left'));
  const known = wholes.map(({ id }) => id).filter((id) => !strangers.has(id));
  const rows = wholes.flatMap((whole) => whole.members);
  const owners = rows.filter(isOwner);
  const others = rows.filter((row) => !isOwner(row));
  const written = [
    lead,
    await removeGone(unit, members, known, rows),
    await writeRows(unit, members, others),
    await writeRows(unit, members, owners),
    await writeRows(
      unit,
      heads,
      wholes.flatMap((whole) => whole.heads),
    ),
  ];
  await sql`set constraints all immediate`.execute(unit.db);
  await sql`set constraints all deferred`.execute(unit.db);
  return written;
}

function leftWhole(whole: Whole, reason: string): Written[] {
  const gone = 'its project was left';
  return [
    { table: projects, read: 1, answers: [left(projects, [whole.row], reason)] },
    { table: members, read: whole.members.length, answers: [left(members, whole.members, gone)] },
    { table: heads, read: whole.heads.length, answers: [left(heads, whole.heads, gone)] },
  ];
}

function projectOf(row: string): string {
  const { project_id }: { project_id: string } = JSON.parse(row);
  return project_id;
}

function hashOf(row: string): string {
  const { hash }: { hash: string } = JSON.parse(row);
  return hash;
}

function isOwner(row: string): boolean {
  const { role }: MemberRow = JSON.parse(row);
  return role === 'owner';
}

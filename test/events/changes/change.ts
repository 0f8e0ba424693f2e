import type { CallOptions, Client } from '@connectrpc/connect';
import type { EventKind } from '../../../src/database/event-kinds.ts';
import { aProject } from '../../support/projects.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

/** One way in which a method changes something. */
export interface Change {
  readonly method: string;
  readonly way: string;
  /** What is written down in transactions of the call before that of the row, in order; left out: nothing. */
  readonly earlier?: readonly EventKind[];
  /** What is written down of it, in order. */
  readonly kinds: readonly EventKind[];
  /** Who makes the change; left out: a service. */
  readonly by?: 'a person';
  /** Makes what the change needs, which is written down too, and answers with the calls. */
  readonly prepare: (service: TestService) => Promise<ChangeCalls>;
}

export interface ChangeCalls {
  /** Makes the change; answers with a row that it wrote, as what follows `from` in SQL. */
  readonly make: (options: CallOptions) => Promise<string>;
  /** The change with `validate_only`; methods that lack it have none. */
  readonly check?: () => Promise<unknown>;
  /** The same call after the change, which has nothing left to change; undefined where it is refused. */
  readonly repeat?: () => Promise<unknown>;
  /** A call that must be refused after it began its transaction. */
  readonly refused: () => Promise<unknown>;
}

/** The client of a service that may do everything. */
export const admin = (service: TestService): Client<typeof ProjectsService> =>
  service.client(ProjectsService, service.admin);

export const projectRow = (id = ''): string => `projects where id = '${id}'`;

/** The name of a sandbox that {@link withTakenName} makes. */
export const taken = 'taken-name';

/** A project with a sandbox of that name: another one cannot be made, which only the database finds out. */
export async function withTakenName(service: TestService): Promise<string> {
  const { id: parentId } = await aProject(service);
  await aProject(service, {}, { parentId, name: taken });
  return parentId;
}

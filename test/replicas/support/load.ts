import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { DirectoryService, MembersService, ProjectsService } from '../../support/service.ts';
import type { Clients } from './clients.ts';

/** What a writer has been told is done. */
export interface Site {
  readonly id: string;
  readonly ownerId: string;
  /** The number that is the description. */
  updates: number;
  readonly heads: string[];
  readonly memberIds: string[];
}

/** Milliseconds that each of them pauses in each turn; more while a process starts, which has to find a processor. */
const PAUSE_MS = { usual: 50, meanwhile: 250 };

const { createProject, updateProject, getProject, appendProjectHead, exportProject } = ProjectsService.method;
const { addMembers } = MembersService.method;

/** Writers, each at a project of its own, readers of what they have written, and exports, until they are stopped. */
export class Load {
  readonly sites: Site[] = [];
  /** Changes that the service has acknowledged. */
  acknowledged = 0;
  readonly #clients: Clients;
  #isStopped = false;
  #pauseMs = PAUSE_MS.usual;
  #running: readonly Promise<void>[] = [];

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /** @param exported a project that nobody changes, and what it exports */
  start(ownerIds: readonly string[], exported: { readonly id: string; readonly bytes: Buffer }): void {
    this.#running = [
      ...ownerIds.map((id) => this.#write(id)),
      this.#read(),
      this.#export(exported.id, exported.bytes),
    ];
    // Whoever stops it hears of it.
    for (const one of this.#running) one.catch(() => {});
  }

  /** Resolves when so many more changes have been acknowledged. */
  async goesOn(changes: number): Promise<void> {
    const enough = this.acknowledged + changes;
    await expect.poll(() => this.acknowledged).toBeGreaterThanOrEqual(enough);
  }

  /** Goes on with less while a process starts. */
  async during(start: Promise<void>): Promise<void> {
    this.#pauseMs = PAUSE_MS.meanwhile;
    await start;
    this.#pauseMs = PAUSE_MS.usual;
  }

  /** Lets everything that was begun come to its end; throws what any of it failed with. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #write(ownerId: string): Promise<void> {
    const { project } = await this.#clients.call(createProject, {
      project: { name: `site-${randomUUID()}` },
      members: [{ userId: ownerId, role: Role.OWNER }],
      notify: false,
      requestId: randomUUID(),
    });
    const site: Site = { id: project?.id ?? '', ownerId, updates: 0, heads: [], memberIds: [] };
    this.sites.push(site);
    this.acknowledged += 1;
    while (!this.#isStopped) {
      await this.#update(site);
      await this.#append(site);
      await this.#addMember(site);
      await pause(this.#pauseMs);
    }
  }

  async #update(site: Site): Promise<void> {
    const { project: before } = await this.#clients.call(getProject, { id: site.id });
    const description = String(site.updates + 1);
    const request = {
      project: { id: site.id, description, etag: before?.etag ?? '' },
      updateMask: { paths: ['description'] },
    };
    if (await this.#clients.callOnce(updateProject, request, status.ABORTED)) {
      const { project: after } = await this.#clients.call(getProject, { id: site.id });
      expect(after?.description).toBe(description);
    }
    site.updates += 1;
    this.acknowledged += 1;
  }

  /** Repeats itself: the same head again is no change. */
  async #append(site: Site): Promise<void> {
    const headHash = randomBytes(6).toString('hex');
    await this.#clients.call(appendProjectHead, {
      projectId: site.id,
      headHash,
      expectedHead: site.heads.at(-1) ?? '',
    });
    site.heads.push(headHash);
    this.acknowledged += 1;
  }

  async #addMember(site: Site): Promise<void> {
    const userId = randomUUID();
    await this.#clients.call(DirectoryService.method.upsertUsers, {
      users: [{ id: userId, email: `${userId}@example.org` }],
    });
    const members = [{ userId, role: Role.EDITOR }];
    const request = { projectId: site.id, members, notify: false };
    await this.#clients.callOnce(addMembers, request, status.ALREADY_EXISTS);
    site.memberIds.push(userId);
    this.acknowledged += 1;
  }

  /** Whatever was acknowledged before a call, by whichever process, that call sees. */
  async #read(): Promise<void> {
    await this.goesOn(1);
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const site = this.sites[turn % this.sites.length];
      const { updates = 0, id = '' } = site ?? {};
      const { project } = await this.#clients.call(getProject, { id });
      expect(Number(project?.description ?? 0)).toBeGreaterThanOrEqual(updates);
      await pause(this.#pauseMs);
    }
  }

  async #export(projectId: string, bytes: Buffer): Promise<void> {
    while (!this.#isStopped) {
      await this.#clients.stream(
        exportProject,
        () => ({ projectId }),
        async (stream) => {
          const chunks: Uint8Array[] = [];
          for await (const { chunk } of stream) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        },
      );
      await pause(this.#pauseMs);
    }
  }
}

import { expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { ProjectsService, startTestService } from '../support/service.ts';
import { importLargeProject } from '../support/stalled-export.ts';
import { rawExports } from './support/raw-export.ts';

/** Half of it is for exports. */
const POOL = 4;

it.each(Object.entries(rawExports))(
  'leaves other calls their connections, however many exports nobody reads (%s)',
  async (_, open) => {
    await using service = await startTestService({ DATABASE_POOL_SIZE: String(POOL) });
    const { id } = await aProject(service);
    const projectId = await importLargeProject(service.grpcUrl, service.admin);
    const begun: Awaited<ReturnType<typeof open>>[] = [];
    const all = Array.from({ length: POOL }, async () => {
      begun.push(await open(service, projectId));
    });
    await expect.poll(() => begun.length).toBe(POOL / 2);

    // One after the other: each finds a connection.
    const client = service.client(ProjectsService, service.admin);
    for (let call = 0; call < POOL; call += 1) await client.getProject({ id }, { timeoutMs: 5000 });
    expect(begun.length).toBe(POOL / 2);

    begun[0]?.leave();
    begun[1]?.leave();
    await Promise.all(all);
    for (const [index, call] of begun.entries()) {
      if (index > 1) expect((await call.read()).end).toMatch(/^(0 OK|\{\})$/);
    }
  },
);

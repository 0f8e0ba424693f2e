import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { expect, it } from 'vitest';
import { freePort } from '../../src/database/free-port.ts';
import { createTestDatabase } from '../support/database.ts';
import { start } from '../support/processes.ts';
import { bearer, ProjectsService, serviceToken, testSecret } from '../support/service.ts';

/** On this device every write finds the disk full. */
const onFullDisk = 'exec "$0" src/main.ts >/dev/full 2>/dev/full';

it.runIf(process.platform === 'linux')(
  'a service starts, answers and stops as ever while nothing can be written of its welcome and its log',
  async () => {
    await using database = await createTestDatabase();
    const address = `127.0.0.1:${await freePort()}`;
    const addresses = { GRPC_ADDRESS: '127.0.0.1:0', HTTP_ADDRESS: address };
    const env = { ...addresses, DATABASE_URL: database.url, AUTH_JWT_SECRET: testSecret, LOG_LEVEL: 'debug' };
    await using service = start('/bin/sh', ['-c', onFullDisk, process.execPath], { env });
    const isReady = () =>
      fetch(`http://${address}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(isReady).toBe(true);

    const interceptors = [bearer(await serviceToken('projects:admin'))];
    const baseUrl = `http://${address}`;
    const transport = createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors });
    const projects = createClient(ProjectsService, transport);
    await projects.createProject({ project: { name: 'told-to-nobody' } });
    expect((await projects.listProjects({})).projects).toHaveLength(1);

    service.kill('SIGTERM');
    expect((await service.ended).code).toBe(0);
  },
);

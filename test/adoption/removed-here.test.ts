import { describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { execute } from '../support/database.ts';
import { DirectoryService, MembersService, ProjectsService, startTestService } from '../support/service.ts';
import { adoptInto, counts, reasons } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';
import { credentials, members, projectCredentials, projects, users } from './support/lightning-rows.ts';

const cleosCredential = 'aaaaaaaa-0000-4000-8000-000000000001';
const uses = {
  ben: 'aaaaaaaa-0000-4000-8000-000000000002',
  cleo: 'aaaaaaaa-0000-4000-8000-000000000003',
};

describe('adopting again', () => {
  it('leaves credentials out of a project that their owners were removed from here, until these are back', async () => {
    await using service = await startTestService();
    await using lightning = await createLightning();
    await lightning.sql(
      `insert into credentials (id, name, user_id, inserted_at, updated_at)
       values ('${cleosCredential}', 'Cleo', '${users.cleo}', '2026-03-01', '2026-03-01')`,
      `insert into project_credentials values
         ('${uses.ben}', '${projects.clinic}', '${credentials.mail}', '2026-03-01', '2026-03-01'),
         ('${uses.cleo}', '${projects.clinic}', '${cleosCredential}', '2026-03-01', '2026-03-01')`,
    );
    await adoptInto(service.databaseUrl, lightning);
    const inClinic = () =>
      execute(
        service.databaseUrl,
        `select id from project_credentials where project_id = '${projects.clinic}' order by id`,
      );
    expect(await inClinic()).toHaveLength(3);
    await service.client(MembersService, service.admin).removeMember({ memberId: members.benInClinic });
    await service.client(ProjectsService, service.admin).updateProject({
      project: { id: projects.clinic },
      members: [{ userId: users.anna, role: Role.OWNER }],
      updateMask: { paths: ['members'] },
    });

    const said = await adoptInto(service.databaseUrl, lightning);
    expect(await inClinic()).toEqual([{ id: projectCredentials.dhisInClinic }]);
    expect(counts(said, 'project_credentials')).toMatchObject({ created: 0, unchanged: 2, left: 2 });
    expect(reasons(said)).toContain(
      `project_credentials: 2 left, its owner was removed here (${uses.ben}, ${uses.cleo})`,
    );

    // Lightning knows the second alone.
    await lightning.sql(
      `update project_users set updated_at = now() + interval '1 second' where id = '${members.benInClinic}'`,
    );
    await adoptInto(service.databaseUrl, lightning);
    expect(await inClinic()).toEqual([{ id: projectCredentials.dhisInClinic }, { id: uses.ben }]);
  });

  it('brings no credential back that was deleted here, unless it was told of again', async () => {
    await using service = await startTestService();
    await using lightning = await createLightning();
    await adoptInto(service.databaseUrl, lightning);
    const directory = service.client(DirectoryService, service.admin);
    await directory.deleteCredential({ id: credentials.dhis });
    await lightning.sql(`update credentials set name = 'Renamed', updated_at = now()`);

    const said = await adoptInto(service.databaseUrl, lightning);
    expect(counts(said, 'credentials')).toMatchObject({ created: 0, updated: 1, left: 1 });
    expect(reasons(said)).toEqual([
      `credentials: 1 left, it was deleted here (${credentials.dhis})`,
      `project_credentials: 1 left, its credential was left (${projectCredentials.dhisInClinic})`,
      expect.stringContaining('keychain_credentials: 1 arrived without default_credential_id'),
    ]);

    await directory.upsertCredentials({
      credentials: [{ id: credentials.dhis, name: 'DHIS2', userId: users.anna, schema: 'dhis2' }],
    });
    await adoptInto(service.databaseUrl, lightning);
    expect(
      await execute(service.databaseUrl, `select id from project_credentials order by id limit 1`),
    ).toEqual([{ id: projectCredentials.dhisInClinic }]);
  });
});

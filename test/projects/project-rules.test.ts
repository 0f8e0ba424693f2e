import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { refusal } from '../support/refusal.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { create, created, type Fields, refused } from './support/create.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** What is said of a period that is none. */
const PERIODS = 'must be one of 7, 14, 30, 90, 180, 365 days, or unset';

describe('The rules of a project', () => {
  const wrong: Record<string, [Fields, Record<string, unknown>]> = {
    'no name': [{ name: '' }, { 'project.name': 'REQUIRED' }],
    'an upper-case name': [{ name: 'Project' }, { 'project.name': 'PATTERN' }],
    'a name with a blank': [{ name: 'a b' }, { 'project.name': 'PATTERN' }],
    'a name with an underscore': [{ name: 'a_b' }, { 'project.name': 'PATTERN' }],
    'a name that ends with a line break': [{ name: 'a\n' }, { 'project.name': 'PATTERN' }],
    'a name of 256 characters': [{ name: 'a'.repeat(256) }, { 'project.name': 'MAX_LEN' }],
    'a description of 241 characters': [
      { description: 'ü'.repeat(241) },
      { 'project.description': 'MAX_LEN' },
    ],
    'a color without #': [{ color: 'ffffff' }, { 'project.color': 'PATTERN' }],
    'a color of 4 digits': [{ color: '#ffff' }, { 'project.color': 'PATTERN' }],
    'a color that is a word': [{ color: 'red' }, { 'project.color': 'PATTERN' }],
    'an empty color': [{ color: '' }, { 'project.color': 'PATTERN' }],
    'an environment that begins with a hyphen': [{ env: '-a' }, { 'project.env': 'PATTERN' }],
    'an environment of 33 characters': [{ env: 'a'.repeat(33) }, { 'project.env': 'PATTERN' }],
    'an upper-case environment': [{ env: 'Main' }, { 'project.env': 'PATTERN' }],
    'a concurrency of 0': [{ concurrency: 0 }, { 'project.concurrency': 'GTE' }],
    'a concurrency below': [{ concurrency: -1 }, { 'project.concurrency': 'GTE' }],
    'a policy that does not exist': [
      { retentionPolicy: 99 as RetentionPolicy },
      { 'project.retention_policy': 'ENUM' },
    ],
    'a period of 8 days': [{ historyRetentionPeriod: 8 }, { 'project.history_retention_period': PERIODS }],
    'a period of 0 days': [{ historyRetentionPeriod: 0 }, { 'project.history_retention_period': PERIODS }],
    'a dataclip period of 8 days': [
      { historyRetentionPeriod: 30, dataclipRetentionPeriod: 8 },
      { 'project.dataclip_retention_period': PERIODS },
    ],
    'a dataclip period above the history’s': [
      { historyRetentionPeriod: 30, dataclipRetentionPeriod: 90 },
      { 'project.dataclip_retention_period': 'must be at most the history retention period, 30 days' },
    ],
    'an id that is none': [{ id: 'mine' }, { 'project.id': 'UUID' }],
    'a parent that is no id': [{ parentId: 'mine' }, { 'project.parent_id': 'UUID' }],
    'an empty parent': [{ parentId: '' }, { 'project.parent_id': 'UUID' }],
    NUL: [{ description: 'a\0' }, { 'project.description': 'NUL' }],
  };
  for (const [what, [fields, violations]] of Object.entries(wrong)) {
    it(`refuse ${what}`, async () => {
      await expect(refused(service, fields)).resolves.toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'VALIDATION_FAILED',
        fields: violations,
      });
    });
  }

  it('are told all at once, those of the members too', async () => {
    const request = create(service, {
      project: { name: '', historyRetentionPeriod: 8 },
      members: [{ userId: randomUUID(), role: Role.ADMIN }],
    });
    await expect(refusal(request)).resolves.toMatchObject({
      fields: {
        'project.name': 'REQUIRED',
        'project.history_retention_period': PERIODS,
        members: 'ONE_OWNER',
      },
    });
  });

  it.each<Fields>([
    { name: 'a' },
    { name: '-' },
    { name: 'a'.repeat(255) },
    { description: '' },
    // Characters, not code units or bytes.
    { description: '🚀'.repeat(240) },
    { color: '#Abc' },
    { color: '#a1B2c3' },
    { color: '#a1B2c3d4' },
    { env: '0' },
    { env: 'a'.repeat(32) },
    { concurrency: 1 },
    { historyRetentionPeriod: 7 },
    { historyRetentionPeriod: 14, dataclipRetentionPeriod: 7 },
  ])('allow %o', async (fields) => {
    await expect(created(service, fields)).resolves.toMatchObject(fields);
  });

  it('need a project', async () => {
    await expect(refusal(create(service, {}))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { project: 'REQUIRED' },
    });
  });

  it.each<[string, Fields]>([
    ['without a history period', { dataclipRetentionPeriod: 7 }],
    [
      'when all is erased',
      {
        historyRetentionPeriod: 30,
        dataclipRetentionPeriod: 7,
        retentionPolicy: RetentionPolicy.ERASE_ALL,
      },
    ],
    // What does not count is not looked at.
    ['without a history period, whatever it was', { dataclipRetentionPeriod: 8 }],
  ])('let the dataclip period go %s', async (_, fields) => {
    const project = await created(service, fields);
    expect(project.dataclipRetentionPeriod).toBeUndefined();
    expect(project.historyRetentionPeriod).toBe(fields.historyRetentionPeriod);
  });
});

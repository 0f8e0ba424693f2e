import { describe, expect, it } from 'vitest';
import type {
  DocumentEdge,
  DocumentHeader,
  DocumentJob,
  DocumentTrigger,
  DocumentWorkflow,
} from '../../src/exchange/document.ts';
import { writeDocument } from '../../src/exchange/write-document.ts';
import { documentKey } from '../../src/exchange/write-keys.ts';
import { written } from './support/written.ts';

const emptyHeader: DocumentHeader = { name: 'flows', description: null, collections: [], credentials: [] };

function workflowNamed(name: string, parts: Partial<DocumentWorkflow> = {}): DocumentWorkflow {
  return { key: documentKey(name), name, jobs: [], triggers: [], edges: [], ...parts };
}

function jobNamed(name: string, parts: Partial<DocumentJob> = {}): DocumentJob {
  return {
    key: documentKey(name),
    name,
    adaptor: '@openfn/language-common@latest',
    credential: null,
    body: 'fn()',
    ...parts,
  };
}

function trigger(parts: Partial<DocumentTrigger>): DocumentTrigger {
  return {
    key: 'webhook',
    type: 'webhook',
    webhookReply: null,
    webhookResponseConfig: null,
    cronExpression: null,
    cronCursorJob: null,
    enabled: true,
    kafkaConfiguration: null,
    ...parts,
  };
}

function edge(parts: Partial<DocumentEdge>): DocumentEdge {
  return {
    key: 'a->b',
    sourceTrigger: null,
    sourceJob: null,
    targetJob: 'b',
    conditionType: 'always',
    conditionLabel: null,
    conditionExpression: null,
    enabled: true,
    ...parts,
  };
}

/** What follows the line `<section>:` of the document's only workflow, up to the next section. */
async function section(name: string, parts: Partial<DocumentWorkflow>): Promise<string> {
  const text = await written(emptyHeader, [workflowNamed('flow', parts)]);
  const [, rest = ''] = text.split(`    ${name}:\n`);
  return rest.split(/^ {4}\S/m, 1)[0] ?? '';
}

describe('a written document', () => {
  it('says null for every section that is empty', async () => {
    expect(await written(emptyHeader)).toBe(
      'name: flows\ndescription: null\ncollections: null\ncredentials: null\nworkflows: null\n',
    );
    expect(await written(emptyHeader, [workflowNamed('flow')])).toContain(
      'workflows:\n  flow:\n    name: flow\n    jobs: null\n    triggers: null\n    edges: null\n',
    );
  });

  it('sorts collections and credentials by the bytes of their keys', async () => {
    const named = (name: string) => ({ key: documentKey(name), name });
    const owner = 'someone@example.org';
    const text = await written({
      ...emptyHeader,
      collections: ['b', '\u{1f600}', '\uff5e', 'B', 'a b'].map(named),
      credentials: [
        { ...named('z'), owner },
        { ...named('a-'), owner },
      ],
    });
    expect(text).toBe(
      [
        'name: flows',
        'description: null',
        'collections:',
        '  "B":\n    name: \'B\'',
        '  a-b:\n    name: a b',
        '  "b":\n    name: \'b\'',
        '  "\uff5e":\n    name: \'\uff5e\'',
        '  "\u{1f600}":\n    name: \'\u{1f600}\'',
        'credentials:',
        '  "a-":\n    name: \'a-\'\n    owner: someone@example.org',
        '  "z":\n    name: \'z\'\n    owner: someone@example.org',
        'workflows: null',
        '',
      ].join('\n'),
    );
  });

  it('writes a job with its adaptor quoted and its credential by key', async () => {
    const jobs = [jobNamed('fetch data', { credential: 'someone@example.org-raw-' }), jobNamed('store')];
    expect(await section('jobs', { jobs })).toBe(
      [
        '      fetch-data:',
        '        name: fetch data',
        "        adaptor: '@openfn/language-common@latest'",
        "        credential: 'someone@example.org-raw-'",
        '        body: |',
        '          fn()',
        '      store:',
        '        name: store',
        "        adaptor: '@openfn/language-common@latest'",
        '        credential: null',
        '        body: |',
        '          fn()',
        '',
      ].join('\n'),
    );
  });

  it('writes of a trigger what is set', async () => {
    const triggers = [
      trigger({
        webhookReply: 'after_completion',
        webhookResponseConfig: { error_code: 422, success_code: 201 },
      }),
      trigger({
        key: 'cron',
        type: 'cron',
        cronExpression: '5 4 1 1 1',
        cronCursorJob: 'store',
        enabled: false,
      }),
      trigger({ key: 'webhook-2', webhookResponseConfig: { success_code: null } }),
    ];
    expect(await section('triggers', { triggers })).toBe(
      [
        '      webhook:',
        '        type: webhook',
        '        webhook_reply: after_completion',
        '        webhook_response_config:',
        '          success_code: 201',
        '          error_code: 422',
        '        enabled: true',
        '      cron:',
        '        type: cron',
        "        cron_expression: '5 4 1 1 1'",
        '        cron_cursor_job: store',
        '        enabled: false',
        '      webhook-2:',
        '        type: webhook',
        '        enabled: true',
        '',
      ].join('\n'),
    );
  });

  it('sorts further settings of a response after those that Lightning knows', async () => {
    const webhookResponseConfig = { note: 'off', error_code: 500, headers: { 'x-a': ['\u2028'] } };
    expect(await section('triggers', { triggers: [trigger({ webhookResponseConfig })] })).toContain(
      [
        '        webhook_response_config:',
        '          error_code: 500',
        '          headers: {"x-a":["\\u2028"]}',
        "          note: 'off'",
        '        enabled: true',
      ].join('\n'),
    );
  });

  it('writes the hosts of a kafka trigger with their ports', async () => {
    const kafka = trigger({
      key: 'kafka',
      type: 'kafka',
      kafkaConfiguration: {
        hosts: [
          ['kafka.example.org', '9092'],
          ['::1', '9093'],
        ],
        topics: ['new-patients'],
        initialOffsetResetPolicy: '1715764260123',
        connectTimeout: 30,
      },
    });
    expect(await section('triggers', { triggers: [kafka] })).toBe(
      [
        '      kafka:',
        '        type: kafka',
        '        enabled: true',
        '        kafka_configuration:',
        '          hosts:',
        "            - 'kafka.example.org:9092'",
        "            - '::1:9093'",
        '          topics:',
        '            - new-patients',
        "          initial_offset_reset_policy: '1715764260123'",
        '          connect_timeout: 30',
        '',
      ].join('\n'),
    );
  });

  it('leaves out a kafka configuration of which nothing is set', async () => {
    const kafkaConfiguration = {
      hosts: [],
      topics: [],
      initialOffsetResetPolicy: null,
      connectTimeout: null,
    };
    expect(await section('triggers', { triggers: [trigger({ kafkaConfiguration })] })).not.toContain('kafka');
  });

  it('writes of an edge what is set', async () => {
    const edges = [
      edge({ key: 'webhook->a', sourceTrigger: 'webhook', targetJob: 'fetch-' }),
      edge({
        sourceJob: 'fetch-',
        targetJob: 'store',
        conditionType: 'js_expression',
        conditionLabel: 'Only new & valid',
        conditionExpression: 'state.data\n  && true\n',
        enabled: false,
      }),
    ];
    expect(await section('edges', { edges })).toBe(
      [
        '      webhook->a:',
        '        source_trigger: webhook',
        "        target_job: 'fetch-'",
        '        condition_type: always',
        '        enabled: true',
        '      a->b:',
        "        source_job: 'fetch-'",
        '        target_job: store',
        '        condition_type: js_expression',
        "        condition_label: 'Only new & valid'",
        '        condition_expression: |',
        '          state.data',
        '            && true',
        '        enabled: false',
        '',
      ].join('\n'),
    );
  });

  it('keeps the order of jobs', async () => {
    const jobs = ['zz', 'aa', '10', '9'].map((name) => jobNamed(name));
    const text = await section('jobs', { jobs });
    expect([...text.matchAll(/name: (.+)/g)].map(([, name]) => name)).toEqual(['zz', 'aa', "'10'", "'9'"]);
  });

  it('comes in one piece a workflow, each written only when it is asked for', async () => {
    const asked: string[] = [];
    async function* workflows() {
      for (const name of ['aa', 'bb']) {
        asked.push(name);
        yield workflowNamed(name);
      }
    }
    const pieces = writeDocument(emptyHeader, workflows());
    await pieces.next();
    expect(asked).toEqual([]);
    expect((await pieces.next()).value).toBe('workflows:\n');
    expect((await pieces.next()).value).toMatch(/^ {2}aa:/);
    expect(asked).toEqual(['aa']);
    expect((await pieces.next()).value).toMatch(/^ {2}bb:/);
  });
});

describe('two names that give one key', () => {
  const owner = 'someone@example.org';
  it.each([
    [
      'collections',
      {
        ...emptyHeader,
        collections: [
          { key: 'a-b', name: 'a b' },
          { key: 'a-b', name: 'a-b' },
        ],
      },
      [],
    ],
    [
      'credentials',
      {
        ...emptyHeader,
        credentials: [
          { key: 'a-b', name: 'a b', owner },
          { key: 'a-b', name: 'a-b', owner },
        ],
      },
      [],
    ],
    ['workflows', emptyHeader, [workflowNamed('a b'), workflowNamed('a-b')]],
    [
      'workflows.flow.jobs',
      emptyHeader,
      [workflowNamed('flow', { jobs: [jobNamed('a b'), jobNamed('a-b')] })],
    ],
  ])('are refused among %s', async (where, header, workflows) => {
    await expect(written(header, workflows)).rejects.toMatchObject({
      name: 'DuplicateKeyError',
      details: { metadata: { where, key: 'a-b', first_name: 'a b', second_name: 'a-b' } },
    });
  });

  it('are fine in different workflows', async () => {
    const jobs = [jobNamed('same')];
    await expect(
      written(emptyHeader, [workflowNamed('a', { jobs }), workflowNamed('b', { jobs })]),
    ).resolves.toContain('same');
  });
});

it('refuses workflows that do not come sorted', async () => {
  await expect(written(emptyHeader, [workflowNamed('b'), workflowNamed('a')])).rejects.toThrow(
    'workflow a comes after b: sort them by key',
  );
});

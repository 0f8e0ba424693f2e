import { fileURLToPath } from 'node:url';
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contract } from '../../src/services.ts';
import { openBrowserPage } from '../support/chromium.ts';
import { startTestService } from '../support/service.ts';
import { bundle, type Site, serveSite } from '../support/site.ts';
import { nativeTranscript } from './node-clients.ts';
import { normalise } from './normalise.ts';
import type { PageClient } from './page.ts';
import { seedHistory } from './seeded-history.ts';
import { seedInvitation } from './seeded-invitation.ts';
import { actorTokens } from './tokens.ts';
import { type Entry, nameOf } from './transcript.ts';

const streamOfRequests =
  'a stream of requests: fetch() of browsers sends a body only whole, so neither Connect nor gRPC-Web has it there';
/** Methods that no page can call, and why. Any other has to work. */
const exemptions: Readonly<Record<string, string>> = {
  'ProjectsService.ImportProjectStream': streamOfRequests,
  'HistoryService.RecordHistory': streamOfRequests,
};

const open = new AsyncDisposableStack();
let page: Page;
let site: Site;
let native: readonly Entry[];

beforeAll(async () => {
  const script = await bundle(fileURLToPath(new URL('./page.ts', import.meta.url)));
  site = open.use(
    await serveSite({
      '/': {
        type: 'text/html',
        body: '<!doctype html><title>calls</title><script type="module" src="page.js"></script>',
      },
      '/page.js': { type: 'text/javascript', body: script },
    }),
  );
  ({ page } = open.use(await openBrowserPage()));
  const entries = await nativeTranscript();
  native = entries.filter(({ method }) => exemptions[method] === undefined);
});

afterAll(() => open.disposeAsync());

interface Visit {
  readonly entries: readonly Entry[];
  /** HTTP methods that the browser sent, preflights included, by RPC. */
  readonly sent: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Makes all calls from a page, against a service of its own that is empty but for an invitation. */
async function visit(client: PageClient, env: Readonly<Record<string, string>> = {}): Promise<Visit> {
  await using service = await startTestService({ ROLES: 'rpc', ...env });
  await seedInvitation(service);
  await seedHistory(service);
  const sent = new Map<string, Set<string>>();
  const hear = (request: Request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== service.httpUrl) return;
    const rpc = pathname.split('/').at(-1) ?? '';
    sent.set(rpc, (sent.get(rpc) ?? new Set()).add(request.method()));
  };
  page.on('request', hear);
  try {
    await page.goto(site.origin);
    const settings = { client, baseUrl: service.httpUrl, tokens: await actorTokens() };
    const entries = await page.evaluate((given) => globalThis.runCalls(given), settings);
    return { entries: normalise(entries), sent };
  } finally {
    page.off('request', hear);
  }
}

describe('connect-web in a browser, from another origin', () => {
  it('is exempt from streams of requests alone', () => {
    const uploads = contract.flatMap(({ methods }) =>
      methods.filter((one) => one.methodKind === 'client_streaming'),
    );
    expect(uploads.map(nameOf)).toEqual(expect.arrayContaining(Object.keys(exemptions)));
  });

  it.each<PageClient>(['Connect, JSON', 'Connect, binary', 'gRPC-Web'])(
    "gets what grpc-js's own client gets, to the last detail: %s",
    async (client) => {
      const { entries } = await visit(client);
      expect(entries).toEqual(native);
    },
  );

  it('gets the same when it reads by GET, and does read so', async () => {
    const { entries, sent } = await visit('Connect, reads by GET');
    expect(entries).toEqual(native);
    expect(sent.get('GetProject')).toEqual(new Set(['GET']));
    expect(sent.get('UpdateProject')).toEqual(new Set(['POST']));
  });

  it('gets nothing from a service that does not let its origin in', async () => {
    const calls = visit('Connect, JSON', { CORS_ALLOWED_ORIGINS: 'https://app.example.org' });
    await expect(calls).rejects.toThrow('Failed to fetch');
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import { build } from 'esbuild';

/** A web server on a port, hence an origin, of its own. */
export interface Site extends AsyncDisposable {
  readonly origin: string;
}

/** Serves pages by their path. */
export async function serveSite(
  pages: Readonly<Record<string, { readonly type: string; readonly body: string }>>,
): Promise<Site> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.statusCode = page === undefined ? 404 : 200;
    response.setHeader('content-type', `${page?.type ?? 'text/plain'}; charset=utf-8`);
    response.end(page?.body ?? 'not found');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** A TypeScript file and all that it imports, as one script for browsers. */
export async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'chrome120',
  });
  return outputFiles.map(({ text }) => text).join('\n');
}

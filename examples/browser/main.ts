/**
 * Creates and lists projects from a page, straight from the browser:
 *
 *   npx esbuild examples/browser/main.ts --bundle --format=esm --outdir=examples/browser --servedir=examples/browser --serve=127.0.0.1:8000
 *
 * Then open http://127.0.0.1:8000 and paste the token that `npm start` printed. The page is of another origin than
 * the service, which lets loopback origins in unless CORS_ALLOWED_ORIGINS says otherwise.
 */
import { ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';

const form = document.querySelector('form');
const output = document.querySelector('output');
const list = document.querySelector('ul');

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name));
  const projects = createClient(
    ProjectsService,
    createConnectTransport({
      baseUrl: field('url'),
      // Reads are GET requests, which caches and logs on the way understand.
      useHttpGet: true,
      interceptors: [
        (next) => (request) => {
          request.header.set('authorization', `Bearer ${field('token')}`);
          return next(request);
        },
      ],
    }),
  );
  try {
    const name = field('name');
    if (name !== '') await projects.createProject({ project: { name } });
    const { projects: found } = await projects.listProjects({ orderBy: 'name' });
    show(
      `${found.length} projects`,
      found.map(({ name, headHash }) => `${name} (${headHash})`),
    );
  } catch (error) {
    show(ConnectError.from(error).message, []);
  }
});

function show(summary: string, lines: readonly string[]): void {
  output?.replaceChildren(summary);
  list?.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement('li');
      item.textContent = line;
      return item;
    }),
  );
}

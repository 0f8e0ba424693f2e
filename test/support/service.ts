import { randomUUID } from 'node:crypto';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { type Logger, pino } from 'pino';
import { type Application, openApplication } from '../../src/application.ts';
import { DirectoryService } from '../../src/gen/lightning/projects/v1/directory_service_pb.ts';
import { MembersService } from '../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { readSettings } from '../../src/settings.ts';
import { signToken } from '../../src/token-settings.ts';
import { addressText } from '../../src/transport/listener.ts';
import { createTestDatabase } from './database.ts';

/** What every token of a test is signed with. */
export const testSecret = 'a secret for tests alone, 32 bytes long at least';

/** A running service on a database of its own, both listeners on free ports. */
export interface TestService extends AsyncDisposable {
  readonly application: Application;
  readonly databaseUrl: string;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** A client of any service over the gRPC listener, with a token or without. */
  client<S extends DescService>(service: S, token?: string): Client<S>;
  /** The same over Connect on the HTTP listener. */
  httpClient<S extends DescService>(service: S, token?: string): Client<S>;
  /** A token of an internal service. */
  readonly admin: string;
  /** A token of a service that may only read. */
  readonly reader: string;
  close(): Promise<void>;
}

/** Starts the service as `npm start` does, but on a test database and quietly. */
export async function startTestService(
  env: Readonly<Record<string, string>> = {},
  log: Logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
): Promise<TestService> {
  await using undo = new AsyncDisposableStack();
  const database = undo.use(await createTestDatabase());
  const settings = readSettings({
    DATABASE_URL: database.url,
    GRPC_ADDRESS: '127.0.0.1:0',
    HTTP_ADDRESS: '127.0.0.1:0',
    AUTH_JWT_SECRET: testSecret,
    SHUTDOWN_GRACE_MS: '500',
    ...env,
  });
  const application = await openApplication(settings, log);
  undo.defer(() => application.close());
  const grpcUrl = `http://${addressText(application.grpcAddress)}`;
  const httpUrl = `http://${addressText(application.httpAddress)}`;

  const transports = new Map<string, Transport>();
  const transport = (kind: 'grpc' | 'http', token: string | undefined): Transport => {
    const key = `${kind} ${token}`;
    const known = transports.get(key);
    if (known !== undefined) return known;
    const interceptors = token === undefined ? [] : [bearer(token)];
    const made =
      kind === 'grpc'
        ? createGrpcTransport({
            baseUrl: grpcUrl,
            interceptors,
            readMaxBytes: 64 << 20,
            writeMaxBytes: 64 << 20,
          })
        : createConnectTransport({ baseUrl: httpUrl, httpVersion: '1.1', interceptors });
    transports.set(key, made);
    return made;
  };

  const stack = undo.move();
  const close = () => stack.disposeAsync();
  return {
    application,
    databaseUrl: application.databaseUrl,
    grpcUrl,
    httpUrl,
    client: (service, token) => createClient(service, transport('grpc', token)),
    httpClient: (service, token) => createClient(service, transport('http', token)),
    admin: await serviceToken('projects:admin'),
    reader: await serviceToken('projects:read'),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set('authorization', `Bearer ${token}`);
    return next(request);
  };
}

const verification = {
  key: { secret: new TextEncoder().encode(testSecret) },
  issuer: undefined,
  audience: undefined,
};

export function serviceToken(scope: 'projects:admin' | 'projects:read'): Promise<string> {
  return signToken(verification, { subject: `test-${scope}`, scope, lifetime: 3600 });
}

/** A token as a person has it: nothing but the id. */
export function userToken(
  userId: string,
  claims: Readonly<Record<string, string | boolean>> = {},
): Promise<string> {
  return signToken(verification, { subject: userId, claims, lifetime: 3600 });
}

/** A person who is known to the service. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

let people = 0;

/** Registers a person; a test says only what matters to it. */
export async function aUser(
  service: TestService,
  flags: { readonly superuser?: boolean; readonly supportUser?: boolean; readonly disabled?: boolean } = {},
): Promise<TestUser> {
  const id = randomUUID();
  people += 1;
  const email = `person-${people}-${id.slice(0, 8)}@example.org`;
  await service
    .client(DirectoryService, service.admin)
    .upsertUsers({ users: [{ id, email, firstName: `Person ${people}`, lastName: 'Test', ...flags }] });
  return { id, email, token: await userToken(id) };
}

export { DirectoryService, MembersService, ProjectsService };

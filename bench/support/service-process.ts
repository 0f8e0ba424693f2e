import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { openApplication } from '../../src/application.ts';
import { readSettings } from '../../src/settings.ts';
import { addressText } from '../../src/transport/listener.ts';
import { serveChild } from './child.ts';

/** The service as it runs in production, its log at level info into nothing. */
const settings = readSettings({ ...process.env, GRPC_ADDRESS: '127.0.0.1:0', HTTP_ADDRESS: '127.0.0.1:0' });
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const log = pino({ level: 'info' }, pino.destination('/dev/null'));
const application = await openApplication(settings, log, registry);
serveChild({ grpc: addressText(application.grpcAddress), http: addressText(application.httpAddress) }, () =>
  application.close(),
);

import { pino } from 'pino';
import { openAlone } from '../../src/cli/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { addressText } from '../../src/transport/listener.ts';
import { serveChild } from './child.ts';

/** The service as it runs in production, its log at level info into nothing. */
const settings = readSettings({ ...process.env, GRPC_ADDRESS: '127.0.0.1:0', HTTP_ADDRESS: '127.0.0.1:0' });
const application = await openAlone(settings, pino({ level: 'info' }, pino.destination('/dev/null')));
serveChild({ grpc: addressText(application.grpcAddress), http: addressText(application.httpAddress) }, () =>
  application.close(),
);

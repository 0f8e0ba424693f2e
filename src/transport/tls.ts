import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../settings.ts';
import { StartupError } from '../startup-error.ts';

/** Who this process is to its clients, and which clients it takes. All PEM. */
export interface TlsIdentity {
  /** The certificate, followed by its intermediates. */
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** When given, a client must show a certificate that one of these signed (mTLS). */
  readonly clientAuthorities: Buffer | undefined;
}

/**
 * Reads and checks the files of a TLS identity.
 *
 * @throws StartupError naming the setting whose file cannot be read, or saying that they do not belong together
 */
export async function readTlsIdentity({ certFile, keyFile, clientCaFile }: TlsFiles): Promise<TlsIdentity> {
  const [certificate, key, clientAuthorities] = await Promise.all([
    readSetting('TLS_CERT_FILE', certFile),
    readSetting('TLS_KEY_FILE', keyFile),
    clientCaFile === undefined ? undefined : readSetting('TLS_CLIENT_CA_FILE', clientCaFile),
  ]);
  try {
    // Sockets would report a wrong pair only at a handshake, to one client after the other.
    createSecureContext({ cert: certificate, key, ca: clientAuthorities });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartupError(
      `TLS_CERT_FILE, TLS_KEY_FILE and TLS_CLIENT_CA_FILE must be PEM and belong together: ${reason}`,
      { cause },
    );
  }
  return { certificate, key, clientAuthorities };
}

async function readSetting(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new StartupError(`${setting} ${file} cannot be read`, { cause });
  }
}

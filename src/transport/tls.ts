import { X509Certificate } from 'node:crypto';
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

/** The identity that listeners serve with, as long as they are open. */
export interface TlsSource {
  /** For connections that begin now. */
  readonly identity: TlsIdentity;
  /** Calls back with each identity that takes the place of the one before. */
  onRenewal(take: (identity: TlsIdentity) => void): void;
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
  if (key.includes('ENCRYPTED')) {
    throw new StartupError(
      `TLS_KEY_FILE ${keyFile} is encrypted: it has to be readable without a passphrase`,
    );
  }
  if (clientAuthorities !== undefined && !holdsCertificate(clientAuthorities)) {
    throw new StartupError(`TLS_CLIENT_CA_FILE ${clientCaFile} holds no certificate (PEM)`);
  }
  try {
    // Sockets would report a wrong pair only at a handshake, to one client after the other.
    createSecureContext({ cert: certificate, key });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartupError(
      `TLS_CERT_FILE ${certFile} and TLS_KEY_FILE ${keyFile} must be PEM and belong together: ${reason}`,
      { cause },
    );
  }
  return { certificate, key, clientAuthorities };
}

/** Without any, a socket would begin to serve, and refuse every client. */
function holdsCertificate(pem: Buffer): boolean {
  try {
    return pem.includes('-----BEGIN') && new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

async function readSetting(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new StartupError(`${setting} ${file} cannot be read`, { cause });
  }
}

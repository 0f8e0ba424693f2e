import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { TlsFiles } from '../settings.ts';
import { readTlsIdentity, type TlsIdentity, type TlsSource } from './tls.ts';

/** Milliseconds from one look at the files to the next. */
const LOOK_EVERY_MS = 10_000;

/**
 * The TLS identity of this process for as long as it runs: files that are renewed are taken without a restart. Files
 * that cannot be taken, as between the writing of a certificate and of its key, change nothing.
 */
export class RenewedTls implements TlsSource, AsyncDisposable {
  #identity: TlsIdentity;
  readonly #takers: ((identity: TlsIdentity) => void)[] = [];
  readonly #stopping = new AbortController();
  readonly #looking: Promise<void>;

  private constructor(identity: TlsIdentity, files: TlsFiles, log: Logger, everyMs: number) {
    this.#identity = identity;
    this.#looking = this.#lookAt(files, log, everyMs);
  }

  /** @throws StartupError as {@link readTlsIdentity} does */
  static async open(files: TlsFiles, log: Logger, everyMs = LOOK_EVERY_MS): Promise<RenewedTls> {
    return new RenewedTls(await readTlsIdentity(files), files, log, everyMs);
  }

  get identity(): TlsIdentity {
    return this.#identity;
  }

  onRenewal(take: (identity: TlsIdentity) => void): void {
    this.#takers.push(take);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #lookAt(files: TlsFiles, log: Logger, everyMs: number): Promise<void> {
    const { signal } = this.#stopping;
    let refusal: string | undefined;
    while (!signal.aborted) {
      const { identity, reason } = await read(files);
      if (identity !== undefined) this.#take(identity, log);
      if (reason !== undefined && reason !== refusal) {
        log.warn({ reason }, 'the files of TLS cannot be taken; those read before are served on');
      }
      refusal = reason;
      await pause(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  #take(identity: TlsIdentity, log: Logger): void {
    if (isDeepStrictEqual(identity, this.#identity)) return;
    this.#identity = identity;
    for (const take of this.#takers) take(identity);
    const { validTo } = new X509Certificate(identity.certificate);
    log.info({ validTo }, 'the files of TLS have changed; new connections are served with them');
  }
}

async function read(files: TlsFiles): Promise<{ identity?: TlsIdentity; reason?: string }> {
  try {
    return { identity: await readTlsIdentity(files) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

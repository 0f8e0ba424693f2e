import { DeleteObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3Location } from '../setting-values.ts';
import { requireInnerPath } from './file-path.ts';
import type { FileStore } from './file-store.ts';
import { fileStoreRefused, fileStoreUnavailable } from './file-store-failures.ts';

/** Attempts for one object, with pauses of the SDK's between them: well within a minute together. */
const ATTEMPTS = 3;
/** Milliseconds for a connection, and for an answer. */
const CONNECT_MS = 3000;
const ANSWER_MS = 10_000;

/**
 * Files in a bucket of S3, or of what speaks its protocol. Credentials come from where the SDK looks for them:
 * environment, profile, the machine's role.
 */
export function s3FileStore({ bucket, prefix, region, endpoint }: S3Location): FileStore {
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    // Servers of one's own seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  });
  return {
    async remove(path, signal) {
      signal.throwIfAborted();
      requireInnerPath(path);
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: prefix + path });
      try {
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        signal.throwIfAborted();
        if (nameOf(error) !== 'NoSuchKey') throw failureOf(error, bucket);
      }
    },
    close: () => client.destroy(),
  };
}

function failureOf(error: unknown, bucket: string): Error {
  const name = nameOf(error);
  const what = `the bucket ${bucket} did not remove a file (${name})`;
  return isFinal(error, name) ? fileStoreRefused(what, error) : fileStoreUnavailable(what, error);
}

/** Wrong credentials, bucket or region. What the server or the network cannot do just now is not final. */
function isFinal(error: unknown, name: string): boolean {
  if (!(error instanceof S3ServiceException)) {
    return name === 'CredentialsProviderError' || /region is missing/i.test(String(error));
  }
  const status = error.$metadata.httpStatusCode ?? 500;
  return status < 500 && status !== 408 && status !== 429;
}

/** Names are the protocol's and hold nothing secret; messages may quote a key's id. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

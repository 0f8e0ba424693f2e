import type { FileStoreLocation } from '../setting-values.ts';
import type { FileStore } from './file-store.ts';
import { localFileStore } from './local-file-store.ts';

/** Opens the store that `FILE_STORE_URL` names. Connects to nothing yet: what is wrong with it shows when it is used. */
export async function openFileStore(location: FileStoreLocation): Promise<FileStore> {
  if (location.kind === 'folder') return localFileStore(location.path, location.mustExist);
  // Who keeps files in a folder does without the SDK in memory.
  const { s3FileStore } = await import('./s3-file-store.ts');
  return s3FileStore(location);
}

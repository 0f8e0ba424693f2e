/** Who made a version: `app` for edits, `cli` for documents and merges. */
export type VersionSourceName = 'app' | 'cli';

/** The latest version that a workflow has. */
export interface LatestVersion {
  readonly hash: string;
  readonly source: VersionSourceName;
  /** Whether it is the only one, the workflow's first. */
  readonly first: boolean;
}

/**
 * What recording a version does: nothing when the latest one is the same; replace a latest one of the same
 * source, so that a row of edits leaves one version, but never the workflow's first; add otherwise.
 */
export function versionStep(
  latest: LatestVersion | undefined,
  hash: string,
  source: VersionSourceName,
): 'keep' | 'add' | 'replace' {
  if (latest === undefined) return 'add';
  if (latest.source !== source) return 'add';
  if (latest.hash === hash) return 'keep';
  return latest.first ? 'add' : 'replace';
}

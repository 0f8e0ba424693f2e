import { UnderscoreNamingStrategy } from '@mikro-orm/core';

/** Names as PostgreSQL and Lightning's Ecto make them: `jobs_workflow_id_fkey`, `projects_name_index`. */
export class NamingStrategy extends UnderscoreNamingStrategy {
  override indexName(
    tableName: string,
    columns: string[],
    type: Parameters<UnderscoreNamingStrategy['indexName']>[2],
  ): string {
    if (type === 'foreign') return `${tableName}_${columns.join('_')}_fkey`;
    return super.indexName(tableName, columns, type === 'unique' ? 'index' : type);
  }
}

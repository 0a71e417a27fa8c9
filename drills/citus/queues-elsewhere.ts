import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * Queues that Citus has passed on, or that were left behind.
 *
 * @param expected each as `port schema`
 */
export async function queuesOnOtherNodes(coordinator: pg.Pool, expected: readonly string[]): Promise<string[]> {
  const { rows } = await coordinator.query<{ queue: string }>(sql`
    select r.nodeport || ' ' || unnest(string_to_array(r.result, ' ')) as queue
      from (select (run_command_on_all_nodes($$
              select current_setting('port') || ':' || coalesce(string_agg(nspname, ' '), '')
                from pg_namespace where nspname like 'graphile_worker_%'$$)).result as found) f,
           lateral (select split_part(f.found, ':', 1) as nodeport, split_part(f.found, ':', 2) as result) r`)
  return rows.map(({ queue }) => queue).filter((queue) => !expected.includes(queue))
}

import type pg from 'pg'
import sql from 'sql-template-tag'
import { changeDatabaseUrl } from '../database/database-url.ts'

/** A node of Citus that has shards. */
export type Node = { groupId: number; ownerUrl: string }

/** @param ownerUrl of the coordinator: each node has a database and a login of these names */
export async function nodesOf(coordinator: pg.Client, ownerUrl: string): Promise<Node[]> {
  const { rows } = await coordinator.query<{ groupId: number; host: string; port: number }>(sql`
    select groupid as "groupId", nodename as host, nodeport as port from pg_dist_node
     where noderole = 'primary' and isactive and shouldhaveshards order by groupid`)
  return rows.map(({ groupId, host, port }) => ({ groupId, ownerUrl: changeDatabaseUrl(ownerUrl, { host, port }) }))
}

import type pg from 'pg'
import sql from 'sql-template-tag'
import { commit } from '../../database/client-transaction.ts'
import { connectClient } from '../../database/connect-client.ts'
import { isConnectionLost, isLoginRefused } from '../../database/database-unavailable.ts'
import { changeDatabaseUrl } from '../../database/database-url.ts'
import { messageOf } from '../../database/message-of.ts'
import { schemaLockMs } from '../../database/repeat-while-locked.ts'
import { endIfHung } from './end-if-hung.ts'

/** A node of Citus. `getsShards`: Citus may put shards there. One that is being drained still has some. */
export type Node = { groupId: number; host: string; port: number; ownerUrl: string; getsShards: boolean }

/**
 * All active primary nodes. Among them are those without shards, and those where Citus places no new ones, such as a
 * coordinator that was drained.
 *
 * @param ownerUrl of the coordinator: each node has a database and a login of these names
 */
export async function nodesOf(coordinator: Pick<pg.Pool, 'query'>, ownerUrl: string): Promise<Node[]> {
  const { rows } = await coordinator.query<Omit<Node, 'ownerUrl'>>(sql`
    select groupid as "groupId", nodename as host, nodeport as port, shouldhaveshards as "getsShards" from pg_dist_node
     where noderole = 'primary' and isactive order by groupid`)
  return rows.map((node) => ({ ...node, ownerUrl: changeDatabaseUrl(ownerUrl, { host: node.host, port: node.port }) }))
}

export function addressOf({ host, port }: Pick<Node, 'host' | 'port'>): string {
  return `${host}:${port}`
}

/** An error whose message begins with the address of the node that it is about. */
export function failureOn(address: string, cause: unknown): Error {
  return new Error(`${address}: ${messageOf(cause)}`, { cause })
}

/** A node could not be reached, or refused the login or the query. */
export class NodeUnusable extends Error {
  override name = 'NodeUnusable'
  readonly node: Node

  constructor(node: Node, cause: unknown) {
    super(`${addressOf(node)} cannot be used: ${messageOf(cause)}`, { cause })
    this.node = node
  }
}

/** Whether the connection failed or was lost, or the login was refused. A statement that is refused does not count. */
export function isNodeUnreachable(error: unknown): boolean {
  return isConnectionLost(error) || isLoginRefused(error)
}

const connectTimeoutMs = 5_000
/** When TCP first checks an idle connection: a node that has restarted resets it. */
const keepAliveMs = 10_000

/** Opens a connection as the owner. With this `search_path`, definitions from the catalogue name the schema. */
export async function connectForShards(url: string, name = 'holdfast shards'): Promise<pg.Client> {
  const client = await connectClient({ url, name, connectTimeoutMs, keepAliveMs })
  // Copying a shard's rows may take long, so that statements have no limit of time.
  endIfHung(client, url)
  await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning;
    set lock_timeout = ${schemaLockMs}`)
  return client
}

/** Begins a transaction on a node alone, in which the shards there, which Citus hides, can be seen and changed. */
export const beginOnNode = `begin;
  set local citus.enable_ddl_propagation = off;
  set local citus.override_table_visibility = off;
  set local citus.enable_manual_changes_to_shards = on`

/** Runs `work` on the node, in a transaction that begins with {@link beginOnNode}, and commits it. */
export async function onNode<Result>(
  { ownerUrl }: Node,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connectForShards(ownerUrl)
  try {
    await client.query(beginOnNode)
    const result = await work(client)
    await commit(client)
    return result
  } finally {
    await client.end()
  }
}

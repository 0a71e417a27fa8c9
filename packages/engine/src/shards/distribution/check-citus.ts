import type pg from 'pg'
import sql from 'sql-template-tag'
import { connectClient } from '../../database/connect-client.ts'
import { messageOf } from '../../database/message-of.ts'
import { addressOf, type Node, nodesOf } from '../nodes/nodes-of.ts'
import { readTableShards, schemaOf, shardsOfClinic } from '../nodes/table-shards.ts'

const applicationName = 'holdfast migrate'

/** A database can't be distributed. The message says why, and nothing was changed. */
export class DistributionRefused extends Error {
  override name = 'DistributionRefused'
}

/** The facts that decide whether a database can be distributed. */
export type CitusFacts = {
  hasExtension: boolean
  isCoordinator: boolean
  /** That have shards. */
  nodes: number
  /** `YYYY-MM`, between the database and a file. */
  monthsInTransit: string[]
}

/**
 * Checks that a database can be distributed, or is distributed.
 *
 * @param ownerUrl the owner's URL. Its login works on each node.
 * @returns how many nodes have shards
 * @throws DistributionRefused
 */
export async function checkCitus(ownerUrl: string): Promise<number> {
  const client = await connectClient({ url: ownerUrl, name: applicationName })
  try {
    const { rows: extensions } = await client.query(sql`select from pg_extension where extname = 'citus'`)
    const hasExtension = extensions.length > 0
    const nodes = hasExtension ? (await nodesOf(client, ownerUrl)).filter(mayHaveShards) : []
    judgeCitus({
      hasExtension,
      isCoordinator: hasExtension && (await isCoordinator(client)),
      nodes: nodes.length,
      monthsInTransit: await monthsInTransit(client),
    })
    for (const node of nodes) await checkNode(node)
    return nodes.length
  } finally {
    await client.end()
  }
}

/**
 * @param schemas of shards, as a person named them
 * @throws DistributionRefused if there is no such shard
 */
export async function refuseUnknownShards(coordinator: pg.Pool, schemas: readonly string[]): Promise<void> {
  const known = shardsOfClinic(await readTableShards(coordinator)).map(schemaOf)
  const unknown = schemas.find((schema) => !known.includes(schema))
  if (unknown === undefined) return
  throw new DistributionRefused(`there is no shard ${unknown}, but ${known.join(', ') || 'none yet'}`)
}

/** @throws DistributionRefused as {@link checkCitus} */
export function judgeCitus({ hasExtension, isCoordinator, nodes, monthsInTransit }: CitusFacts): void {
  if (!hasExtension) {
    throw new DistributionRefused('the database has no Citus: run "create extension citus" in it on each node')
  }
  if (nodes === 0) {
    throw new DistributionRefused(
      'Citus has no node for shards: run "select citus_add_node(\'HOST\', 5432)" on the coordinator for each',
    )
  }
  // False, too, where there are no nodes.
  if (!isCoordinator) {
    throw new DistributionRefused('DATABASE_URL leads to a worker of Citus: it has to lead to the coordinator')
  }
  if (monthsInTransit.length > 0) {
    // A month that is being archived belongs to no shard, and its file has rows of all clinics.
    throw new DistributionRefused(
      `${monthsInTransit[0]} is between the database and a file: end its archive or restore first`,
    )
  }
}

/** Workers that are being drained still have some. */
function mayHaveShards({ groupId, getsShards }: Node): boolean {
  return getsShards || groupId !== 0
}

async function isCoordinator(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ coordinator: boolean }>(sql`select citus_is_coordinator() as coordinator`)
  return rows[0]?.coordinator === true
}

async function monthsInTransit(client: pg.Client): Promise<string[]> {
  const { rows: tables } = await client.query(sql`select where to_regclass('holdfast.archived_month') is not null`)
  if (tables.length === 0) return []
  const { rows } = await client.query<{ month: string }>(sql`
    select to_char(month, 'YYYY-MM') as month from holdfast.archived_month where state <> 'archived' order by month`)
  return rows.map(({ month }) => month)
}

async function checkNode(node: Node): Promise<void> {
  let client: pg.Client | undefined
  try {
    client = await connectClient({ url: node.ownerUrl, name: applicationName })
    await client.query(sql`select citus_version()`)
  } catch (error) {
    const at = `the node ${addressOf(node)} (${messageOf(error)})`
    throw new DistributionRefused(`the login of DATABASE_URL can't use ${at}`)
  } finally {
    await client?.end().catch(() => undefined)
  }
}

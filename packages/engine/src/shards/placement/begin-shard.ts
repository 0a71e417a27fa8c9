import type pg from 'pg'
import sql from 'sql-template-tag'
import { mailReceiverName } from '../../model/mail-receiver-name.ts'
import { type Node, NodeUnusable, onNode } from '../nodes/nodes-of.ts'
import { nodeOf, schemaOf, shardsOfClinic, type TableShard } from '../nodes/table-shards.ts'
import { hasStamp, type StampedSchema, stampOf } from '../schema/schema-stamp.ts'
import { dropOutdated, dropSchema, epochIn, type FormerSchema, includes } from './former-schemas.ts'
import { areLatest, type NotedEpochs } from './noted-epochs.ts'

/** What is known of all shards. */
export type KnownOfShards = {
  tableShards: readonly TableShard[]
  nodes: readonly Node[]
  noted: NotedEpochs
  /** All shards have had their own rows: the coordinator has none of them any more. */
  isFinished: boolean
  /** Shards that go on with no own rows if no node has the latest ones. */
  lossAccepted: readonly string[]
  /** The former schemas on all nodes; NodeUnusable: one of the nodes cannot be used. */
  former: () => Promise<readonly FormerSchema[] | NodeUnusable>
}

/** What a shard has on the node where it is now. */
export type Here = {
  /** Its schema is up to date. */
  isWritten: boolean
  /** The last epoch of its own rows; null: it has none there. */
  epoch: number | null
  /** Whether they are the latest that it has anywhere. */
  isLatest: boolean
  /** Whether the shard has been there since it was written: it can only be outdated by a release. */
  hasStayed: boolean
}

/** @param stamped what its schema is written from now */
export async function readHere(clinicShard: TableShard, known: KnownOfShards, stamped: StampedSchema): Promise<Here> {
  const { nodes, noted } = known
  const schema = schemaOf(clinicShard)
  return onNode(nodeOf(clinicShard, nodes), async (client) => {
    const epoch = await epochIn(client, schema)
    const isLatest = epoch !== null && areLatest({ schema, epoch, source: null }, noted)
    return {
      isWritten: await hasStamp(client, schema, await stampOf(client, stamped)),
      epoch,
      isLatest,
      hasStayed: isLatest && (await hasViews(client, schema)),
    }
  })
}

/** Citus drops the tables of a shard that leaves, and with them its views. */
export async function hasViews(client: pg.Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ isThere: boolean }>(
    sql`select to_regclass(${`${schema}.clinic`}) is not null as "isThere"`,
  )
  return rows[0]?.isThere === true
}

/** With what own rows a shard begins where it is now. */
export type Begin = {
  /** From which they are copied; null: they are there, or on the coordinator, or lost. */
  source: FormerSchema | null
  hasLostRows: boolean
  /** The log's receivers, if it has lost them. */
  receivers: readonly string[]
  /** Whether a schema may be left on a node that cannot be asked, with copies of the rows that are here. */
  mayHaveCopy: boolean
}

const beginDefaults = { source: null, hasLostRows: false, receivers: [], mayHaveCopy: false }

/**
 * Decides with what own rows a shard begins where it is now. Drops its schema there if that has older ones.
 *
 * @returns a string, if the shard is refused: why
 */
export async function beginOf(clinicShard: TableShard, here: Here, known: KnownOfShards): Promise<Begin | string> {
  if (here.hasStayed) return beginDefaults
  const { nodes, noted, isFinished, lossAccepted } = known
  const [schema, node] = [schemaOf(clinicShard), nodeOf(clinicShard, nodes)]
  const former = await known.former()
  if (former instanceof NodeUnusable) {
    // It was moved away, not used there, and moved back.
    if (here.isLatest) return { ...beginDefaults, mayHaveCopy: true }
    const needed = `The shard ${schema} needs all nodes of Citus to be written where it is now. ${former.message}.`
    if (!isFinished) return needed
    return (
      `${needed} If that node is lost, remove it with citus_disable_node (synchronous := true) and ` +
      `citus_remove_node, and run \`holdfast migrate --citus --accept-loss ${schema}\`.`
    )
  }
  const epoch = await dropOutdated(node, schema, former)
  const source = former.find(({ range }) => includes(range, clinicShard)) ?? null
  if (!isFinished || areLatest({ schema, epoch, source }, noted)) return { ...beginDefaults, source }
  if (!lossAccepted.includes(schema)) {
    return (
      `The former schema of the shard ${schema} with its latest rows was not found on any node: responses for ` +
      'retries and unsent e-mails. Add the node from which the shard was moved to Citus again, or activate it. ' +
      `If it is lost, run \`holdfast migrate --citus --accept-loss ${schema}\`.`
    )
  }
  if (epoch !== null) await dropSchema({ node, schema, epoch })
  return { ...beginDefaults, hasLostRows: true, receivers: await receiversOf(clinicShard, known) }
}

/** The names of the log's receivers: all that other shards have. */
async function receiversOf({ shardId }: TableShard, { tableShards, nodes }: KnownOfShards): Promise<string[]> {
  const others = shardsOfClinic(tableShards).filter((each) => each.shardId !== shardId)
  const names = others.map((other) => {
    const relation = `${schemaOf(other)}.log_receiver`
    return onNode(nodeOf(other, nodes), async (client) => {
      const { rows } = await client.query<{ isThere: boolean }>(
        sql`select to_regclass(${relation}) is not null as "isThere"`,
      )
      if (rows[0]?.isThere !== true) return []
      return (await client.query<{ name: string }>(`select name from ${relation}`)).rows.map(({ name }) => name)
    })
  })
  // If all others are lost, too, further receivers begin where this one is.
  return [...new Set([mailReceiverName, ...(await Promise.all(names)).flat()])]
}

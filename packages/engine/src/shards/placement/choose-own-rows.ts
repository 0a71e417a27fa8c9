import type pg from 'pg'
import sql from 'sql-template-tag'
import { mailReceiverName } from '../../model/mail-receiver-name.ts'
import { isNodeUnreachable, type Node, type NodeUnusable, onNode } from '../nodes/nodes-of.ts'
import { nodeOf, schemaOf, shardsOfClinic, type TableShard } from '../nodes/table-shards.ts'
import { hasStamp, type StampedSchema, stampOf } from '../schema/schema-stamp.ts'
import { dropOutdated, dropSchema, epochIn, type FormerSchema, type FormerSchemas, includes } from './former-schemas.ts'
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
  former: () => Promise<FormerSchemas>
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
    const isLatest = areLatest({ range: clinicShard, epoch, source: null }, noted)
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

/** The own rows with which a shard begins where it is now. */
export type ChosenRows = {
  /** From which they are copied; null: they are there, or on the coordinator, or lost. */
  source: FormerSchema | null
  hasLostRows: boolean
  /** The log's receivers, if it has lost them. */
  receivers: readonly string[]
  /** Whether a node that cannot be used may have a copy of these rows. */
  mayHaveCopy: boolean
}

/** Why a shard is not written where it is. */
export type Refusal = {
  reason: string
  /** The nodes that may have its latest own rows, and cannot be used. */
  waitsFor: readonly Pick<Node, 'host' | 'port'>[]
  /** It cannot be written before somebody changes something. */
  isFinal: boolean
}

export type Choice = { kind: 'chosen'; rows: ChosenRows } | { kind: 'refused'; refusal: Refusal }

const defaults = { source: null, hasLostRows: false, receivers: [], mayHaveCopy: false }

/** Chooses the own rows with which a shard begins where it is now. Drops its schema there if that has older ones. */
export async function chooseOwnRows(clinicShard: TableShard, here: Here, known: KnownOfShards): Promise<Choice> {
  if (here.hasStayed) return chosen({})
  const { nodes, noted, isFinished, lossAccepted } = known
  const [schema, node] = [schemaOf(clinicShard), nodeOf(clinicShard, nodes)]
  const { found, unusable } = await known.former()
  const source = found.find(({ range }) => includes(range, clinicShard)) ?? null
  if (unusable.length > 0) {
    // It was moved away, not used there, and moved back.
    if (here.isLatest) return chosen({ mayHaveCopy: true })
    // The others have older ones at most.
    const isFound = isFinished && areLatest({ range: clinicShard, epoch: null, source }, noted)
    if (!isFound) return needsNodes(schema, unusable, known)
  }
  const epoch = await dropOutdated(node, schema, found)
  if (!isFinished || areLatest({ range: clinicShard, epoch, source }, noted)) return chosen({ source })
  if (!lossAccepted.includes(schema)) {
    const reason =
      `The former schema of the shard ${schema} with its latest rows was not found on any node: responses for ` +
      'retries and unsent e-mails. Add the node from which the shard was moved to Citus again, or activate it. ' +
      `If it is lost, run \`holdfast migrate --citus --accept-loss ${schema}\`.`
    return { kind: 'refused', refusal: { reason, waitsFor: [], isFinal: true } }
  }
  if (epoch !== null) await dropSchema({ node, schema, epoch })
  return chosen({ hasLostRows: true, receivers: await receiversOf(clinicShard, known) })
}

function chosen(rows: Partial<ChosenRows>): Choice {
  return { kind: 'chosen', rows: { ...defaults, ...rows } }
}

function needsNodes(schema: string, unusable: readonly NodeUnusable[], { isFinished }: KnownOfShards): Choice {
  const reasons = unusable.map(({ message }) => `${message}.`)
  const needed = `The shard ${schema} needs all nodes of Citus to be written where it is now. ${reasons.join(' ')}`
  const advice =
    ' If that node is lost, remove it with citus_disable_node (synchronous := true) and citus_remove_node, and run ' +
    `\`holdfast migrate --citus --accept-loss ${schema}\`.`
  const mayBeLost = isFinished && unusable.every(({ cause }) => isNodeUnreachable(cause))
  const reason = mayBeLost ? needed + advice : needed
  return { kind: 'refused', refusal: { reason, waitsFor: unusable.map(({ node }) => node), isFinal: false } }
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

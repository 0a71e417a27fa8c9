import type pg from 'pg'
import sql from 'sql-template-tag'
import { messageOf } from '../../database/message-of.ts'
import { repeatWhileLocked } from '../../database/repeat-while-locked.ts'
import { isFromNewerRelease, readLedger } from '../../migrate/ledger.ts'
import { sqlFiles } from '../../migrate/sql-files.ts'
import { isDistributionFinished } from '../nodes/distribution-state.ts'
import { addressOf, connectForShards, isNodeUnreachable, type Node, nodesOf, onNode } from '../nodes/nodes-of.ts'
import {
  nodeOf,
  readTableShards,
  relationsOf,
  schemaOf,
  shardsOfClinic,
  type TableShard,
} from '../nodes/table-shards.ts'
import { type StampedSchema, stampOf, writeStamp } from '../schema/schema-stamp.ts'
import { readShardModel, readTables, type ShardModel } from '../schema/shard-model.ts'
import type { OwnTablesOf } from '../schema/write-own-tables.ts'
import { writeSequences } from '../schema/write-sequences.ts'
import { writeShardSchema } from '../schema/write-shard-schema.ts'
import { guardTexts, type Trigger, writeTriggers } from '../schema/write-triggers.ts'
import { tablesOfKind } from '../tables/table-kinds.ts'
import {
  type ChosenRows,
  chooseOwnRows,
  type Here,
  hasViews,
  type KnownOfShards,
  type Refusal,
  readHere,
} from './choose-own-rows.ts'
import { epochIn, type FormerSchema, lastEpoch, readFormerSchemas, writeRange } from './former-schemas.ts'
import { notedEpochOf, noteEpoch, readNotedEpochs } from './noted-epochs.ts'
import { addReceivers, beginLog, copyOwnRows, recreateSpecializations } from './own-rows.ts'

/** A shard of a database on Citus: the clinics whose rows it keeps together, in a shard of each table. */
export type WrittenShard = {
  /** Its schema: `holdfast_` and the number of its shard of `clinic`, which it keeps when it is moved. */
  schema: string
  shardId: number
  /** The owner's URL of the database on the node that has it. */
  ownerUrl: string
  /** Rows of its own tables that were copied now; null: they are there since an earlier call. */
  copiedRows: number | null
  /** Whether its schema was written now. */
  isWritten: boolean
  /** Whether that was without its latest own rows: `lossAccepted` named it. */
  hasLostRows: boolean
}

export type WriteShardsOptions = {
  /** Shards that were moved, or are the parts of a split one, by their schemas; null: all. */
  only?: readonly string[] | null
  /** Shards that go on with no own rows if no node has the latest ones: older ones may have been deleted since. */
  lossAccepted?: readonly string[]
  /** Nodes that do not respond, with the reasons, by their addresses: no shard waits for them. */
  away?: ReadonlyMap<string, Error>
}

export type { Refusal }

/** Why shards are not written where they are, by their schemas. */
export type Refusals = ReadonlyMap<string, Refusal>

/** A shard could not be written on its node; `cause`: the error. */
export class ShardNotWritten extends Error {
  override name = 'ShardNotWritten'

  /** @param node undefined: it is not known which */
  constructor(schema: string, node: Pick<Node, 'host' | 'port'> | undefined, cause: unknown) {
    const where = node === undefined ? '' : ` on ${addressOf(node)}`
    super(`The shard ${schema} cannot be written${where}: ${messageOf(cause)}`, { cause })
  }
}

export type WrittenShards = { written: WrittenShard[]; refused: Refusals }

const placementTriesMax = 5
const movesMessage =
  `Shards were moved during each of ${placementTriesMax} attempts to write their schemas. Try again when the moves ` +
  'have ended.'

/**
 * Writes a schema for each shard onto the node that has it ({@link writeShardSchema}), with what Citus leaves out of
 * shards: sequences, triggers, and the guards ({@link writeTriggers}); and, in the same transaction, copies the rows of
 * the shard's own tables: from the coordinator, if it has just been distributed; after a move from the former node; and
 * after a split from the shard that was split. What they have left there is dropped by `dropFormerSchemas`. Repeated
 * after an interruption, it does the rest. A schema that is up to date is left as it is: writing it would lock it, and
 * servers that use it would deadlock. Of a database that a newer release has updated, all are left so.
 *
 * A shard that was moved is written only if the node with its latest own rows can be used; all nodes are queried for
 * which one that is. Every other shard needs only the node where it is.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @param ownerUrl of the coordinator's database, distributed by `distribute`. Its login works on each node.
 * @returns `refused`: the shards that are not written, with the reasons. No node has their latest own rows; a node that
 *   may have them cannot be used; writing them where they were moved failed; or a newer release has updated the
 *   database, and they have no schema there. All others are written
 * @throws ShardNotWritten for one that cannot be updated where it has stayed, or for any while the database is being
 *   distributed; Error if shards are moved during each of five attempts
 */
export async function writeShardSchemas(
  ownerUrl: string,
  { only = null, lossAccepted = [], away = new Map() }: WriteShardsOptions = {},
): Promise<WrittenShards> {
  const coordinator = await connectForShards(ownerUrl)
  try {
    const written = new Map<string, WrittenShard>()
    for (let tries = 1; ; tries += 1) {
      const tableShards = await readTableShards(coordinator)
      let refused: Refusals | null = null
      let failure: unknown
      try {
        refused = await writePlaced({ ownerUrl, coordinator, tableShards, only, lossAccepted, away, written })
      } catch (error) {
        failure = error
      }
      // A shard that was moved meanwhile may have been written where it was, or have failed there.
      const isMoved = JSON.stringify(tableShards) !== JSON.stringify(await readTableShards(coordinator))
      if (isMoved && tries < placementTriesMax) continue
      if (refused === null) throw failure
      if (isMoved) throw new Error(movesMessage)
      return { written: [...written.values()], refused }
    }
  } finally {
    await coordinator.end()
  }
}

type Placed = {
  ownerUrl: string
  coordinator: pg.Client
  tableShards: readonly TableShard[]
  only: readonly string[] | null
  lossAccepted: readonly string[]
  away: ReadonlyMap<string, Error>
  /** By their schemas. */
  written: Map<string, WrittenShard>
}

async function writePlaced(placed: Placed): Promise<Refusals> {
  const { tableShards, only, written } = placed
  const write = await writerOf(placed)
  const refused = new Map<string, Refusal>()
  for (const clinicShard of shardsOfClinic(tableShards)) {
    const schema = schemaOf(clinicShard)
    if (only !== null && !only.includes(schema)) continue
    const outcome = await write(clinicShard)
    if (outcome.kind === 'refused') {
      refused.set(schema, outcome.refusal)
      written.delete(schema)
      continue
    }
    const { shard } = outcome
    const before = written.get(schema)
    written.set(schema, {
      ...shard,
      copiedRows: shard.copiedRows ?? before?.copiedRows ?? null,
      isWritten: shard.isWritten || before?.isWritten === true,
      hasLostRows: shard.hasLostRows || before?.hasLostRows === true,
    })
  }
  return refused
}

type Outcome = { kind: 'written'; shard: WrittenShard } | { kind: 'refused'; refusal: Refusal }

/** What writes a shard of the table `clinic` where it is. */
async function writerOf(placed: Placed): Promise<(clinicShard: TableShard) => Promise<Outcome>> {
  const { ownerUrl, coordinator, tableShards, lossAccepted, away } = placed
  const nodes = await nodesOf(coordinator, ownerUrl)
  const sources = await sqlFiles()
  const isFinished = await isDistributionFinished(coordinator)
  if (isFromNewerRelease(await readLedger(coordinator), sources)) {
    const work = (clinicShard: TableShard) => findWritten(clinicShard, coordinator, nodes)
    return (clinicShard) => writeOrRefuse({ clinicShard, nodes, isFinished }, () => work(clinicShard))
  }
  const { functions, grants, release } = sources
  const triggers = await triggersOf(coordinator)
  const model = await readShardModel(coordinator)
  const files = [functions.map(({ name, checksum }) => [name, checksum]), grants, release]
  const writing: Writing = {
    coordinator,
    tableShards,
    nodes,
    triggers,
    model,
    lossAccepted,
    former: once(() => readFormerSchemas(nodes, tableShards, away)),
    source: [model, triggers, files],
    noted: await readNotedEpochs(coordinator),
    isFinished,
  }
  return (clinicShard) =>
    writeOrRefuse({ clinicShard, nodes, isFinished }, async (stays) => {
      const stamped = sourceOf(clinicShard, writing)
      const here = await readHere(clinicShard, writing, stamped)
      if (here.hasStayed) stays()
      return writeShard(clinicShard, here, { ...writing, stamped })
    })
}

/** Reads once, unless it fails. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined
      throw error
    })
    return reading
  }
}

/** A server of the previous release must not write older functions, nor knows the newer ones. */
async function findWritten(clinicShard: TableShard, coordinator: pg.Client, nodes: readonly Node[]): Promise<Outcome> {
  const [schema, node] = [schemaOf(clinicShard), nodeOf(clinicShard, nodes)]
  const epoch = await onNode(node, async (client) =>
    (await hasViews(client, schema)) ? epochIn(client, schema) : null,
  )
  if (epoch !== null) {
    await noteEpoch(coordinator, { schema, epoch, range: clinicShard })
    return { kind: 'written', shard: { ...asFound(clinicShard, node), isWritten: false } }
  }
  const reason =
    `The shard ${schema} has been moved, and a newer release has updated the database: only that release can write ` +
    'the shard where it is now. Start its servers, or run its `holdfast migrate --citus`.'
  return { kind: 'refused', refusal: { reason, waitsFor: [], isFinal: true } }
}

function asFound(clinicShard: TableShard, { ownerUrl }: Node): Omit<WrittenShard, 'isWritten'> {
  const { shardId } = clinicShard
  return { schema: schemaOf(clinicShard), shardId, ownerUrl, copiedRows: null, hasLostRows: false }
}

type Writing = KnownOfShards & {
  coordinator: pg.Client
  triggers: readonly Trigger[]
  model: ShardModel
  /** What all schemas are written from. */
  source: readonly unknown[]
}

/**
 * A shard that cannot be written where it was moved is refused, and others do not wait for it. So is one whose node is
 * lost meanwhile, and one whose state cannot be read. Whatever else prevents that a shard is updated is a fault of the
 * release, and an error for all.
 */
async function writeOrRefuse(
  { clinicShard, nodes, isFinished }: Pick<Writing, 'nodes' | 'isFinished'> & { clinicShard: TableShard },
  write: (stays: () => void) => Promise<Outcome>,
): Promise<Outcome> {
  let hasStayed = false
  try {
    return await repeatWhileLocked(() => {
      hasStayed = false
      return write(() => {
        hasStayed = true
      })
    })
  } catch (cause) {
    const node = nodes.find(({ groupId }) => groupId === clinicShard.groupId)
    const error = new ShardNotWritten(schemaOf(clinicShard), node, cause)
    // While the database is being distributed, no shard is served yet.
    if (!isFinished || (hasStayed && !isNodeUnreachable(cause))) throw error
    const waitsFor = node !== undefined && isNodeUnreachable(cause) ? [node] : []
    return { kind: 'refused', refusal: { reason: error.message, waitsFor, isFinal: false } }
  }
}

function sourceOf(clinicShard: TableShard, { tableShards, source }: Writing): StampedSchema {
  const relationOf = relationsOf(clinicShard, tableShards)
  const relations = [...tablesOfKind('distributed'), ...tablesOfKind('reference')].map(relationOf)
  return { relations, source: [clinicShard, guardTexts({ schema: schemaOf(clinicShard), ...clinicShard }), ...source] }
}

type WritingShard = Writing & { stamped: StampedSchema }

async function writeShard(clinicShard: TableShard, here: Here, writing: WritingShard): Promise<Outcome> {
  const { coordinator, nodes, noted } = writing
  const range = clinicShard
  const [schema, node] = [schemaOf(clinicShard), nodeOf(clinicShard, nodes)]
  const shard = asFound(clinicShard, node)
  if (here.isWritten) {
    const { epoch } = here
    const isNoted = noted.some(
      (each) => each.schema === schema && each.epoch === epoch && each.range.hashMin === range.hashMin,
    )
    if (epoch !== null && !isNoted) await noteEpoch(coordinator, { schema, epoch, range })
    return { kind: 'written', shard: { ...shard, isWritten: false } }
  }
  const choice = await chooseOwnRows(clinicShard, here, writing)
  if (choice.kind === 'refused') return choice
  const { rows } = choice
  const copiedRows = await writeFrom(clinicShard, rows, writing)
  const epoch = await onNode(node, (client) => lastEpoch(client, schema))
  await noteEpoch(coordinator, { schema, epoch, range })
  return { kind: 'written', shard: { ...shard, copiedRows, isWritten: true, hasLostRows: rows.hasLostRows } }
}

/** @returns the number of own rows that were copied; null: they are there */
async function writeFrom(clinicShard: TableShard, rows: ChosenRows, writing: WritingShard): Promise<number | null> {
  const { coordinator, tableShards, nodes, triggers, model, noted, stamped } = writing
  const { source, receivers, mayHaveCopy } = rows
  const [schema, node] = [schemaOf(clinicShard), nodeOf(clinicShard, nodes)]
  const relationOf = relationsOf(clinicShard, tableShards)
  let copiedRows: number | null = null
  const withViews = (client: pg.Client) => writeSequences(client, { coordinator, schema, relationOf })
  await writeShardSchema({
    ownerUrl: node.ownerUrl,
    model,
    schema,
    relationOf,
    ownTables: {
      begin: () => beginningOf(source, writing),
      async fill(client) {
        copiedRows = await copyRowsOf({ clinicShard, source, target: client }, writing)
      },
    },
    // What migrations insert in the shard draws numbers; the grants that follow revoke the right to do so.
    withViews,
    async whenWritten(client) {
      await withViews(client)
      await writeTriggers(client, { schema, ...clinicShard, relationOf, triggers })
      if (copiedRows !== null || mayHaveCopy) await beginLog(client, schema, notedEpochOf(clinicShard, noted))
      await addReceivers(client, schema, receivers)
      await writeStamp(client, schema, await stampOf(client, stamped))
    },
  })
  return copiedRows
}

/** The rows of a former schema are as its own tables are, to which its ledger belongs. */
async function beginningOf(source: FormerSchema | null, { model }: Writing): Promise<OwnTablesOf> {
  if (source === null) return model
  return onNode(source.node, async (client) => {
    const { rows: migrations } = await client.query<OwnTablesOf['migrations'][number]>(
      `select version, name, checksum from ${source.schema}.migration order by version`,
    )
    return { tables: await readTables(client, source.schema), migrations }
  })
}

type RowsOfShard = { clinicShard: TableShard; source: FormerSchema | null; target: pg.Client }

async function copyRowsOf({ clinicShard, source, target }: RowsOfShard, writing: Writing): Promise<number> {
  const { coordinator, isFinished } = writing
  const schema = schemaOf(clinicShard)
  const copy = { target, schema, range: clinicShard }
  await writeRange(target, schema, clinicShard)
  if (source !== null) {
    return onNode(source.node, async (client) => {
      const tables = (await readTables(client, source.schema)).map(({ name }) => name)
      const hasRest = source.range.hashMin === clinicShard.hashMin
      return copyOwnRows({ ...copy, source: client, sourceSchema: source.schema, hasRest, tables })
    })
  }
  if (!isFinished) return copyOwnRows({ ...copy, source: coordinator, sourceSchema: 'holdfast', hasRest: false })
  // They are lost: the coordinator has only rows of accounts.
  await recreateSpecializations(target, schema)
  return 0
}

async function triggersOf(coordinator: pg.Client): Promise<Trigger[]> {
  const { rows } = await coordinator.query<Trigger>(sql`
    select relation, name, definition from holdfast.shard_trigger order by relation, name`)
  return rows
}

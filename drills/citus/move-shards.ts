import { setTimeout as delay } from 'node:timers/promises'
import type { Shard } from '@holdfast/engine/shards'
import pg from 'pg'
import sql from 'sql-template-tag'

export type MoveMode = 'block_writes' | 'force_logical'

type Movable = Pick<Shard, 'shardId'>

const moveTriesMax = 10

/**
 * Moves a shard.
 *
 * @param target by default, the first of the other nodes that have shards
 * @returns where it was, and how long it took, in milliseconds
 */
export async function movePlacement(url: string, { shardId }: Movable, mode: MoveMode, target?: CitusNode) {
  return onConnection(url, async (client) => {
    const startedAt = performance.now()
    const { from, to } = await nodesFor(client, shardId)
    const statement = moveStatement(shardId, from, target ?? to, mode)
    for (let tries = 1; ; tries += 1) {
      const failure = await client.query(statement).then(
        () => null,
        (error: Error) => error,
      )
      if (failure === null) return { from, movedMs: Math.round(performance.now() - startedAt) }
      // Citus drops what an earlier move has left by itself, and refuses while it does.
      if (!failure.message.includes('could not be cleaned up') || tries === moveTriesMax) throw failure
      await delay(1_000)
    }
  })
}

/** Begins to move a shard, and cancels that. @returns whether it was cancelled before it was done */
export async function interruptMove(url: string, { shardId }: Movable, mode: MoveMode, afterMs: number) {
  return onConnection(url, async (client) => {
    const { from, to } = await nodesFor(client, shardId)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const moving = client.query(moveStatement(shardId, from, to, mode)).then(
      () => false,
      () => true,
    )
    await delay(afterMs)
    await onConnection(url, (other) => other.query(sql`select pg_cancel_backend(${rows[0]?.pid}::integer)`))
    return moving
  })
}

/** Drops the tables that moves have left behind, which Citus does later by itself. */
export async function cleanUp(url: string): Promise<void> {
  await onConnection(url, (client) => client.query('call citus_cleanup_orphaned_resources()'))
}

/** Splits a shard between these clinics, with one part on another node, while its writes wait. */
export async function splitPlacement(url: string, { shardId }: Movable, clinicNos: readonly number[]): Promise<number> {
  return onConnection(url, async (client) => {
    const { rows: hashes } = await client.query<{ hash: number }>(
      sql`select hashint4(no) as hash from unnest(${clinicNos}::integer[]) no order by 1`,
    )
    const point = hashes[Math.floor(hashes.length / 2) - 1]?.hash
    if (point === undefined) throw new Error('A shard can be split if it has two clinics.')
    const { rows: nodes } = await client.query<{ id: number }>(sql`
      select nodeid as id from pg_dist_node where shouldhaveshards
       order by groupid <> (select groupid from pg_dist_placement where shardid = ${shardId}), groupid limit 2`)
    const startedAt = performance.now()
    await client.query(sql`
      select citus_split_shard_by_split_points(${shardId}, ${[String(point)]}::text[],
                                               ${nodes.map(({ id }) => id)}::integer[], 'block_writes')`)
    return Math.round(performance.now() - startedAt)
  })
}

/** Ends the sessions in which servers write shards, as soon as there are any. @returns how many there were */
export async function interruptWriting(url: string, nodes: readonly Shard[], signal: AbortSignal): Promise<number> {
  let ended = 0
  while (!signal.aborted && ended === 0) {
    for (const { host, port } of nodes) {
      const node = new URL(url)
      Object.assign(node, { hostname: host, port: String(port) })
      ended += await onConnection(node.href, async (client) => {
        const { rowCount } = await client.query(sql`
          select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'holdfast shard' and xact_start is not null`)
        return rowCount ?? 0
      })
    }
    await delay(5)
  }
  return ended
}

export type CitusNode = { host: string; port: number }

async function nodesFor(client: pg.Client, shardId: number): Promise<{ from: CitusNode; to: CitusNode }> {
  const { rows } = await client.query<CitusNode & { isHere: boolean }>(sql`
    select nodename as host, nodeport as port, groupid = (
             select groupid from pg_dist_placement where shardid = ${shardId}) as "isHere"
      from pg_dist_node where shouldhaveshards order by groupid`)
  const from = rows.find(({ isHere }) => isHere)
  const to = rows.find(({ isHere }) => !isHere)
  if (from === undefined || to === undefined) throw new Error('A shard can be moved if two nodes have shards.')
  return { from, to }
}

function moveStatement(shardId: number, from: CitusNode, to: CitusNode, mode: MoveMode) {
  return sql`
    select citus_move_shard_placement(${shardId}, ${from.host}, ${from.port}::int, ${to.host}, ${to.port}::int,
                                      ${mode}::citus.shard_transfer_mode)`
}

async function onConnection<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast drill' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

import type pg from 'pg'
import sql from 'sql-template-tag'
import { currentEpoch } from './log-epoch.ts'
import { cursorBefore, type LogCursor } from './read-log.ts'

/** A place in the log across epochs. */
export type LogPosition = LogCursor & { epoch: number }

/** Another process delivers to the receiver now. */
export class ReceiverLost extends Error {
  override name = 'ReceiverLost'

  constructor(name: string) {
    super(`Another process delivers the log to ${name} now.`)
  }
}

export async function hasLogReceiver(pool: pg.Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(sql`select from holdfast.log_receiver where name = ${name}`)
  return rowCount === 1
}

/**
 * Adds a receiver if it does not exist. It starts where the receiver that is furthest behind is, or else at the end of
 * the log: nobody is notified of what happened before there were receivers, and nothing is missed when one receiver is
 * replaced by another.
 *
 * @throws LogAhead, and the driver's error when the database cannot be reached or is a standby
 */
export async function addLogReceiver(pool: pg.Pool, name: string): Promise<void> {
  const { no, horizon } = await currentEpoch(pool, null)
  const { xid, seq } = cursorBefore(horizon)
  await pool.query(sql`
    insert into holdfast.log_receiver (name, epoch, xid, seq)
    select ${name}, p.epoch, p.xid, p.seq
      from (select 1 as rank, r.epoch, r.xid, r.seq from holdfast.log_receiver r
            union all
            select 2, ${no}, ${xid.toString()}::text::xid8, ${seq.toString()}::bigint
            order by 1, 2, 3, 4 limit 1) p
    on conflict do nothing`)
}

/**
 * Makes this process the one that delivers to the receiver for `seconds`, or prolongs that.
 *
 * @returns where the receiver is; null: another process delivers to it, or there is no such receiver
 */
export async function holdLogReceiver(
  pool: pg.Pool,
  { name, holder, seconds }: { name: string; holder: string; seconds: number },
): Promise<LogPosition | null> {
  const { rows } = await pool.query<PositionRow>(sql`
    update holdfast.log_receiver
       set holder = ${holder}, held_until = clock_timestamp() + make_interval(secs => ${seconds})
     where name = ${name} and (holder = ${holder} or held_until is null or held_until <= clock_timestamp())
    returning epoch::text, xid::text, seq::text`)
  return rows[0] === undefined ? null : positionOf(rows[0])
}

/** Lets another process deliver to the receiver at once. */
export async function releaseLogReceiver(pool: pg.Pool, name: string, holder: string): Promise<void> {
  await pool.query(sql`
    update holdfast.log_receiver set holder = null, held_until = null where name = ${name} and holder = ${holder}`)
}

/**
 * Records that everything up to `position` was delivered, in the transaction that records what the delivery did.
 *
 * @throws ReceiverLost if this process is not the holder any more: then the transaction must be rolled back
 */
export async function acknowledgeLog(
  transaction: pg.PoolClient,
  { name, holder, position }: { name: string; holder: string; position: LogPosition },
): Promise<void> {
  const { epoch, xid, seq } = position
  const { rowCount } = await transaction.query(sql`
    update holdfast.log_receiver
       set epoch = ${epoch}, xid = ${xid.toString()}::text::xid8, seq = ${seq.toString()}::bigint,
           delivered_at = clock_timestamp()
     where name = ${name} and holder = ${holder}`)
  if (rowCount === 0) throw new ReceiverLost(name)
}

type PositionRow = { epoch: string; xid: string; seq: string }

function positionOf({ epoch, xid, seq }: PositionRow): LogPosition {
  return { epoch: Number(epoch), xid: BigInt(xid), seq: BigInt(seq) }
}

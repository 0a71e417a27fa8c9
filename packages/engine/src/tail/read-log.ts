import type pg from 'pg'
import type { BookingEvent } from '../reads/booking-event.ts'
import type { LogEntry } from './log-entry.ts'

/** Everything at or before it has been read. Transactions are numbered by `xid`, what they wrote by `seq`. */
export type LogCursor = { xid: bigint; seq: bigint }

export type LogPage = {
  /** Every transaction below it is over, and everything it wrote was there to be read. */
  horizon: bigint
  rows: LogRow[]
  /** Whether the page was full, so that more may be waiting. */
  full: boolean
}

/** `predecessorIsLater`: the booking's version before this one stands behind it in the order of the log. */
export type LogRow = { entry: LogEntry; predecessorIsLater: boolean }

type Columns = [
  horizon: string,
  kind: 'booking' | 'directory' | null,
  xid: string,
  seq: number,
  clinicNo: number,
  resourceId: string | null,
  bookingId: string,
  version: number,
  at: Date,
  type: BookingEvent['type'],
  slotId: string,
  units: number,
  holdExpiresAt: Date | null,
  fromSlotId: string | null,
  reason: string | null,
  actorId: string | null,
  statusAfter: BookingEvent['statusAfter'],
  fromDoctorId: string | null,
  predecessorIsLater: boolean,
]

// The horizon and the rows are of one snapshot. A transaction takes its number before it waits for a row, so a booking's
// versions can stand in the log in another order than they came about; who reads is told (prototype: 2,591 of 10,900).
const readLogSql = (horizon: string) => `
  select h.horizon, e.*
    from (select ${horizon} as horizon) h
    left join lateral (
      select 'booking' as kind, b.xid, b.seq, b.clinic_no, b.resource_id, b.booking_id, b.version, b.at, b.type, b.slot_id, b.units,
             b.hold_expires_at, b.from_slot_id, b.reason, b.actor_id, b.status_after,
             case when b.from_slot_id is not null then (select f.resource_id from holdfast.slot f
               where f.clinic_no = b.clinic_no and f.id = b.from_slot_id) end as from_resource_id,
             coalesce((select (p.xid, p.seq) > (b.xid, b.seq) from holdfast.booking_event p
                        where b.version > 1 and p.clinic_no = b.clinic_no and p.booking_id = b.booking_id and p.version = b.version - 1),
                      false) as predecessor_is_later
        from (select * from holdfast.booking_event
               where (xid, seq) > ($1::text::xid8, $2::bigint) and xid < ${horizon}
               order by xid, seq limit $3) b
      union all
      (select 'directory', d.xid, d.seq, d.clinic_no, d.resource_id, null, null, null, null, null, null, null, null, null, null, null, null, false
         from holdfast.directory_change d
        where (d.xid, d.seq) > ($1::text::xid8, $2::bigint) and d.xid < ${horizon}
        order by d.xid, d.seq limit $3)
      order by 2, 3
      limit $3
    ) e on true`

const snapshotHorizon = 'pg_snapshot_xmin(pg_current_snapshot())'
// For the test that shows what the horizon is for: everything committed, as far as this snapshot sees.
const noHorizon = "'9223372036854775807'::xid8"

/** One page of the log after `cursor`, of at most `limit` rows, in the order of the log. */
export async function readLog(
  connection: pg.Pool | pg.ClientBase,
  cursor: LogCursor,
  limit: number,
  withHorizon = true,
): Promise<LogPage> {
  const { rows } = await connection.query<Columns>({
    ...(withHorizon ? { name: 'read_log' } : {}),
    text: readLogSql(withHorizon ? snapshotHorizon : noHorizon),
    values: [cursor.xid.toString(), cursor.seq.toString(), limit],
    rowMode: 'array',
  })
  const entries = rows.flatMap((row) => (row[1] === null ? [] : [logRow(row)]))
  return { horizon: BigInt(rows[0]?.[0] ?? 0), rows: entries, full: entries.length === limit }
}

/** Where the log ends now: a tail that starts here is told of everything that commits from now on. */
export async function endOfLog(connection: pg.Pool | pg.ClientBase): Promise<LogCursor> {
  const { rows } = await connection.query<{ horizon: string }>(`select ${snapshotHorizon} as horizon`)
  return { xid: BigInt(rows[0]?.horizon ?? 0) - 1n, seq: 2n ** 62n }
}

function logRow(row: Columns): LogRow {
  const [, kind, xidText, seqNumber, clinicNo, resourceId, bookingId, version, at, type, slotId, units] = row
  const [holdExpiresAt, fromSlotId, reason, actorId, statusAfter, fromDoctorId, predecessorIsLater] = row.slice(12) as [
    Date | null,
    string | null,
    string | null,
    string | null,
    BookingEvent['statusAfter'],
    string | null,
    boolean,
  ]
  const [xid, seq] = [BigInt(xidText), BigInt(seqNumber)]
  if (kind !== 'booking') {
    return { entry: { kind: 'directory', xid, seq, clinicNo, doctorId: resourceId }, predecessorIsLater: false }
  }
  const event: BookingEvent = {
    position: `${xidText}.${seqNumber}`,
    bookingId,
    version,
    at,
    type,
    statusAfter,
    slotId,
    doctorId: resourceId ?? '',
    units,
    holdExpiresAt,
    fromSlotId,
    reason,
    actorId,
  }
  return { entry: { kind, xid, seq, clinicNo, event, fromDoctorId }, predecessorIsLater }
}

import type pg from 'pg'
import sql from 'sql-template-tag'
import { asSent, readPlainArray } from '../database/array-literal.ts'
import { oneRow } from '../database/one-row.ts'
import { prepared } from '../database/prepared.ts'
import type { CaseDetails } from '../model/booking-event.ts'
import type { BookingLine, LogEntry } from './log-entry.ts'

/** Everything at or before it has been read. Transactions are numbered by `xid`, what they wrote by `seq`. */
export type LogCursor = { xid: bigint; seq: bigint }

export type LogPage = {
  /** The newest epoch of the log; null: none has begun. */
  epoch: number | null
  /** Whether this read was served by the server that the epoch is of. */
  isOfEpoch: boolean
  /** Every transaction below it has ended, and everything it wrote was visible to this read. */
  horizon: bigint
  rows: LogRow[]
  /** Whether the page was full, so that more may be waiting. */
  full: boolean
}

/** `predecessorIsLater`: the booking's previous version comes later in the log. */
export type LogRow = { entry: LogEntry; predecessorIsLater: boolean }

/** The row that `read_log` returns, as text. The other columns are arrays, null for an empty page. */
type PageRow = {
  horizon: string
  epoch: string | null
  is_of_epoch: string | null
  case_details: string | null
} & Record<
  | 'xids'
  | 'seqs'
  | 'resource_ids'
  | 'clinic_nos'
  | 'booking_ids'
  | 'versions'
  | 'types'
  | 'slot_ids'
  | 'from_slot_ids'
  | 'from_resource_ids'
  | 'predecessors_later',
  string | null
>

/** One page of the log after `cursor`, of at most `limit` rows, in the order of the log. */
export async function readLog(connection: pg.Pool | pg.ClientBase, cursor: LogCursor, limit: number): Promise<LogPage> {
  const { xid, seq } = cursor
  const statement = sql`
    select p.*, e.no as epoch, e.server = holdfast.running_server() as is_of_epoch
      from holdfast.read_log(${xid.toString()}::text::xid8, ${seq.toString()}::bigint, ${limit}::integer) p
      left join (select no, server from holdfast.log_epoch order by no desc limit 1) e on true`
  const page = oneRow(await connection.query<PageRow>({ ...prepared('read_log', statement), types: asSent }))
  const read = rowsOf(page)
  return {
    epoch: page.epoch === null ? null : Number(page.epoch),
    isOfEpoch: page.is_of_epoch === 't',
    horizon: BigInt(page.horizon),
    rows: read,
    full: read.length === limit,
  }
}

/** Behind everything that transactions below this one wrote. */
export function cursorBefore(xid: bigint): LogCursor {
  return { xid: xid - 1n, seq: 2n ** 62n }
}

/** The end of the log: a tail that starts here reports everything that commits from now on. */
export async function endOfLog(connection: pg.Pool | pg.ClientBase): Promise<LogCursor> {
  const { rows } = await connection.query<{ horizon: string }>(
    sql`select pg_snapshot_xmin(pg_current_snapshot()) as horizon`,
  )
  return cursorBefore(BigInt(rows[0]?.horizon ?? 0))
}

function rowsOf(page: PageRow): LogRow[] {
  const read = (literal: string | null) => (literal === null ? [] : readPlainArray(literal))
  const seqs = read(page.seqs)
  const resourceIds = read(page.resource_ids)
  const clinicNos = read(page.clinic_nos)
  const bookingIds = read(page.booking_ids)
  const versions = read(page.versions)
  const types = read(page.types)
  const slotIds = read(page.slot_ids)
  const fromSlotIds = read(page.from_slot_ids)
  const fromResourceIds = read(page.from_resource_ids)
  const predecessorsLater = read(page.predecessors_later)
  const caseDetails = (page.case_details === null ? {} : JSON.parse(page.case_details)) as Record<string, CaseDetails>
  return read(page.xids).map((xidText, index) => {
    const [xid, seq] = [BigInt(xidText ?? 0), BigInt(seqs[index] ?? 0)]
    const [doctorId, bookingId] = [resourceIds[index] ?? null, bookingIds[index] ?? null]
    if (bookingId === null) {
      const clinicNo = Number(clinicNos[index])
      return { entry: { kind: 'directory', xid, seq, clinicNo, doctorId }, predecessorIsLater: false }
    }
    const entry: BookingLine = {
      kind: 'booking',
      xid,
      seq,
      bookingId,
      version: Number(versions[index]),
      type: types[index] as BookingLine['type'],
      slotId: slotIds[index] ?? '',
      doctorId: doctorId ?? '',
      fromSlotId: fromSlotIds[index] ?? null,
      fromDoctorId: fromResourceIds[index] ?? null,
    }
    const details = caseDetails[seq.toString()]
    if (details !== undefined) entry.caseDetails = details
    return { entry, predecessorIsLater: predecessorsLater[index] === 't' }
  })
}

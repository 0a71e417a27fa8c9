import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { canChange } from '../database/can-change-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { storableOrNull, storableText } from '../database/storable-text.ts'
import type { BusyCalendarNotice, BusyCalendarRead, BusyTime, DueBusyCalendar } from '../model/busy-calendar.ts'

const readEveryMinutes = 15
/** When a calendar is read again after a failure. */
const readAgainMinutes = 30
/** An empty calendar is confirmed by a second response that came at least so much later. */
const confirmMinutes = 10
/** A doctor is notified of a calendar that has failed for so long. */
const failingHoursMax = 24

/** Whether an unchanged calendar would tell what is to be blocked: its repetitions were expanded a moment ago. */
const isExpanded = sql`b.expanded_at > clock_timestamp() - interval '1 day'`

/**
 * Busy calendars whose time has come, the longest waiting first. They are due again later at once, so that no other
 * process reads them now, and one that ends is followed by another.
 */
export async function takeDueBusyCalendars(pool: pg.Pool, limit: number): Promise<DueBusyCalendar[]> {
  const { rows } = await pool.query<DueBusyCalendar>(sql`
    update holdfast.busy_calendar b
       set read_next_at = clock_timestamp() + make_interval(mins => ${readEveryMinutes})
      from (select d.clinic_no, d.resource_id from holdfast.busy_calendar d
             where d.read_next_at <= clock_timestamp() and ${canChange(sql`d.clinic_no`)}
             order by d.read_next_at limit ${limit} for update skip locked) due
     where b.clinic_no = due.clinic_no and b.resource_id = due.resource_id
    returning b.clinic_no as "clinicNo", b.resource_id as "doctorId", b.url as "sealedUrl",
              case when ${isExpanded} then b.etag end as etag,
              case when ${isExpanded} then b.last_modified end as "lastModified"`)
  return rows
}

/**
 * Records what came of reading a calendar, and blocks and frees the doctor's slots. A failure leaves the busy times as
 * they were, and so does the first time that the calendar has no busy times any more: a server may send an empty
 * calendar by mistake. What is about a URL that was replaced or removed meanwhile is dropped.
 */
export async function recordBusyCalendar(pool: pg.Pool, due: DueBusyCalendar, read: BusyCalendarRead): Promise<void> {
  const isSame = isSameCalendar(due)
  if (read.kind === 'failed') {
    await pool.query(sql`
      update holdfast.busy_calendar
         set failing_since = coalesce(failing_since, clock_timestamp()),
             problem = left(${storableText(read.problem)}, 300), reason = ${read.reason},
             read_next_at = clock_timestamp() + make_interval(mins => ${readAgainMinutes})
       where ${isSame}`)
    return
  }
  if (read.kind === 'unchanged') {
    await pool.query(sql`
      update holdfast.busy_calendar
         set ${isRead}, etag = ${due.etag}, last_modified = ${due.lastModified}
       where ${isSame}`)
    return
  }
  if (await isUnconfirmed(pool, due, read)) return
  // The tags are stored last: if this process ends before, everything is read again.
  if (!(await isStored(pool, due))) return
  await setBusyTimes(pool, due, read.busy)
  // If the calendar was found to be empty before, this read confirms it.
  const isEmptied = sql`${read.busy.length === 0}::boolean and empty_since is not null`
  await pool.query(sql`
    update holdfast.busy_calendar
       set ${isRead}, ${whatIsLeftOut(read)}, expanded_at = clock_timestamp(),
           etag = ${tagToSend(read.etag)}, last_modified = ${tagToSend(read.lastModified)},
           emptied_at = case when ${isEmptied} then clock_timestamp()
                             when ${read.busy.length === 0}::boolean then emptied_at end,
           emptied_notified_at = case when ${read.busy.length === 0}::boolean and not (${isEmptied})
                                      then emptied_notified_at end,
           empty_since = null
     where ${isSame}`)
}

const isRead = sql`
  read_at = clock_timestamp(), failing_since = null, problem = null, reason = null, notified_at = null`

type WholeRead = Extract<BusyCalendarRead, { kind: 'read' }>

function whatIsLeftOut({ leftOut, leftOutEvents }: WholeRead): Sql {
  const storable = leftOutEvents.map((events) => ({ ...events, detail: storableOrNull(events.detail) }))
  return sql`left_out = ${leftOut}, left_out_events = ${JSON.stringify(storable)}::jsonb`
}

function isSameCalendar({ clinicNo, doctorId, sealedUrl }: DueBusyCalendar): Sql {
  return sql`clinic_no = ${clinicNo} and resource_id = ${doctorId} and url = ${sealedUrl}`
}

/**
 * Notes that a calendar which had busy times to come has none now. Without tags, it is read whole the next time.
 * Another process that reads it at the same time confirms nothing, and a new URL of the doctor's needs no confirmation.
 */
async function isUnconfirmed(pool: pg.Pool, due: DueBusyCalendar, read: WholeRead): Promise<boolean> {
  if (read.busy.length > 0) return false
  const { rowCount } = await pool.query(sql`
    update holdfast.busy_calendar
       set ${isRead}, ${whatIsLeftOut(read)}, etag = null, last_modified = null,
           empty_since = coalesce(empty_since, clock_timestamp())
     where ${isSameCalendar(due)} and read_at is not null and upper(busy) > clock_timestamp()
       and coalesce(empty_since > clock_timestamp() - make_interval(mins => ${confirmMinutes}), true)`)
  return rowCount === 1
}

async function isStored(pool: pg.Pool, due: DueBusyCalendar): Promise<boolean> {
  const { rowCount } = await pool.query(sql`select from holdfast.busy_calendar where ${isSameCalendar(due)}`)
  return rowCount === 1
}

/** Works in steps of 1,000 slots, each of which is a transaction unless `connection` is in one. */
export async function setBusyTimes(
  connection: pg.Pool | pg.PoolClient,
  { clinicNo, doctorId }: { clinicNo: number; doctorId: string },
  busy: readonly BusyTime[],
): Promise<void> {
  const ranges = busy.map(({ startsAt, endsAt }) => `[${startsAt.toISOString()},${endsAt.toISOString()})`)
  for (;;) {
    const { rows } = await connection.query<{ changed: number }>(sql`
      select holdfast.set_busy_times(${clinicNo}, ${doctorId}, ${`{${ranges.join(',')}}`}::tstzmultirange) as changed`)
    if ((rows[0]?.changed ?? 0) === 0) return
  }
}

/**
 * Frees the doctor's places, and forgets the calendar: its URL, and its busy times. It locks the resource first, as
 * set_busy_times does: no other process blocks slots again, or removes the calendar meanwhile.
 */
export async function removeBusyCalendar(
  transaction: pg.PoolClient,
  { clinicNo, doctorId }: { clinicNo: number; doctorId: string },
): Promise<void> {
  await transaction.query(sql`
    select from holdfast.resource where clinic_no = ${clinicNo} and id = ${doctorId} for no key update`)
  const ofDoctor = sql`clinic_no = ${clinicNo} and resource_id = ${doctorId}`
  const { rowCount } = await transaction.query(sql`select from holdfast.busy_calendar where ${ofDoctor}`)
  if (rowCount === 0) return
  await setBusyTimes(transaction, { clinicNo, doctorId }, [])
  await transaction.query(sql`delete from holdfast.busy_calendar where ${ofDoctor}`)
}

/**
 * Calls `notify` once with each calendar that has failed for a day, until it was read again, and with each whose busy
 * times were freed because it has none any more: in the transaction in which that is noted, one for each. If `notify`
 * fails for a doctor, `onError` is called, the others follow, and the next call tries again.
 */
export async function takeBusyCalendarNotices(
  pool: pg.Pool,
  {
    limit,
    notify,
    onError,
  }: {
    limit: number
    notify(transaction: pg.PoolClient, notice: BusyCalendarNotice): Promise<void>
    onError(error: unknown, notice: BusyCalendarNotice): void
  },
): Promise<void> {
  for (const take of [takeFailing, takeEmptied]) {
    const tried: string[] = []
    while (tried.length < limit) {
      let notice: BusyCalendarNotice | undefined
      try {
        await inTransaction(pool, async (transaction) => {
          notice = await take(transaction, tried)
          if (notice !== undefined) await notify(transaction, notice)
        })
      } catch (error) {
        if (notice === undefined) throw error
        onError(error, notice)
      }
      if (notice === undefined) break
      tried.push(notice.doctorId)
    }
  }
}

type TakeNotice = (transaction: pg.PoolClient, except: readonly string[]) => Promise<BusyCalendarNotice | undefined>

const takeFailing: TakeNotice = async (transaction, except) => {
  const { rows } = await transaction.query<BusyCalendarNotice>(sql`
    update holdfast.busy_calendar b set notified_at = clock_timestamp()
      from (select d.clinic_no, d.resource_id from holdfast.busy_calendar d
             where d.failing_since < clock_timestamp() - make_interval(hours => ${failingHoursMax})
               and d.notified_at is null and d.resource_id <> all (${except}::uuid[])
               and ${canChange(sql`d.clinic_no`)}
             order by d.failing_since limit 1 for update skip locked) due
     where b.clinic_no = due.clinic_no and b.resource_id = due.resource_id
    returning 'failing' as kind, b.clinic_no as "clinicNo", b.resource_id as "doctorId", b.failing_since as since,
              b.reason`)
  return rows[0]
}

const takeEmptied: TakeNotice = async (transaction, except) => {
  const { rows } = await transaction.query<BusyCalendarNotice>(sql`
    update holdfast.busy_calendar b set emptied_notified_at = clock_timestamp()
      from (select d.clinic_no, d.resource_id from holdfast.busy_calendar d
             where d.emptied_at is not null and d.emptied_notified_at is null
               and d.resource_id <> all (${except}::uuid[]) and ${canChange(sql`d.clinic_no`)}
             order by d.emptied_at limit 1 for update skip locked) due
     where b.clinic_no = due.clinic_no and b.resource_id = due.resource_id
    returning 'emptied' as kind, b.clinic_no as "clinicNo", b.resource_id as "doctorId", b.emptied_at as since`)
  return rows[0]
}

/** A tag that can be stored, and sent back as it is; null: the calendar is read whole the next time. */
function tagToSend(tag: string | null): string | null {
  return tag !== null && /^[\x20-\x7e]+$/.test(tag) ? tag : null
}

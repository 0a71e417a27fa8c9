import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { BusyCalendarRead, BusyTime, DueBusyCalendar, FailingBusyCalendar } from '../model/busy-calendar.ts'

const readEveryMinutes = 15
/** After a failure. */
const readAgainMinutes = 30
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
             where d.read_next_at <= clock_timestamp()
             order by d.read_next_at limit ${limit} for update skip locked) due
     where b.clinic_no = due.clinic_no and b.resource_id = due.resource_id
    returning b.clinic_no as "clinicNo", b.resource_id as "doctorId", b.url as "sealedUrl",
              case when ${isExpanded} then b.etag end as etag,
              case when ${isExpanded} then b.last_modified end as "lastModified"`)
  return rows
}

/**
 * Records what came of reading a calendar, and blocks and frees the doctor's slots. A failure leaves the busy times as
 * they were. What is about a URL that was replaced or removed meanwhile is dropped.
 */
export async function recordBusyCalendar(pool: pg.Pool, due: DueBusyCalendar, read: BusyCalendarRead): Promise<void> {
  const { clinicNo, doctorId, sealedUrl } = due
  const isSame = sql`clinic_no = ${clinicNo} and resource_id = ${doctorId} and url = ${sealedUrl}`
  if (read.kind === 'failed') {
    await pool.query(sql`
      update holdfast.busy_calendar
         set failing_since = coalesce(failing_since, clock_timestamp()), problem = left(${read.problem}, 300),
             reason = ${read.reason},
             read_next_at = clock_timestamp() + make_interval(mins => ${readAgainMinutes})
       where ${isSame}`)
    return
  }
  // The tags are stored last: if this process ends before, everything is read again.
  if (read.kind === 'read' && !(await isStored(pool, due))) return
  if (read.kind === 'read') await setBusyTimes(pool, due, read.busy)
  const tags = read.kind === 'read' ? read : due
  await pool.query(sql`
    update holdfast.busy_calendar
       set read_at = clock_timestamp(), failing_since = null, problem = null, reason = null, notified_at = null,
           expanded_at = case when ${read.kind === 'read'}::boolean then clock_timestamp() else expanded_at end,
           left_out = coalesce(${read.kind === 'read' ? read.leftOut : null}::integer, left_out),
           etag = ${tags.etag}, last_modified = ${tags.lastModified}
     where ${isSame}`)
}

async function isStored(pool: pg.Pool, { clinicNo, doctorId, sealedUrl }: DueBusyCalendar): Promise<boolean> {
  const { rowCount } = await pool.query(sql`
    select from holdfast.busy_calendar
     where clinic_no = ${clinicNo} and resource_id = ${doctorId} and url = ${sealedUrl}`)
  return rowCount === 1
}

/** In steps of 1,000 slots, each of which is a transaction unless `connection` is in one. */
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
 * Calls `notify` with each calendar that has failed for a day, once until it was read again, in the transaction in
 * which that is noted: one for each. If `notify` fails for a doctor, `onError` is called, the others follow, and the
 * next call tries again.
 */
export async function takeFailingBusyCalendars(
  pool: pg.Pool,
  {
    limit,
    notify,
    onError,
  }: {
    limit: number
    notify(transaction: pg.PoolClient, failing: FailingBusyCalendar): Promise<void>
    onError(error: unknown, failing: FailingBusyCalendar): void
  },
): Promise<void> {
  const tried: string[] = []
  while (tried.length < limit) {
    let failing: FailingBusyCalendar | undefined
    try {
      await inTransaction(pool, async (transaction) => {
        failing = await notedAsFailing(transaction, tried)
        if (failing !== undefined) await notify(transaction, failing)
      })
    } catch (error) {
      if (failing === undefined) throw error
      onError(error, failing)
    }
    if (failing === undefined) return
    tried.push(failing.doctorId)
  }
}

async function notedAsFailing(
  transaction: pg.PoolClient,
  except: readonly string[],
): Promise<FailingBusyCalendar | undefined> {
  const { rows } = await transaction.query<FailingBusyCalendar>(sql`
    update holdfast.busy_calendar b set notified_at = clock_timestamp()
      from (select d.clinic_no, d.resource_id from holdfast.busy_calendar d
             where d.failing_since < clock_timestamp() - make_interval(hours => ${failingHoursMax})
               and d.notified_at is null and d.resource_id <> all (${except}::uuid[])
             order by d.failing_since limit 1 for update skip locked) due
     where b.clinic_no = due.clinic_no and b.resource_id = due.resource_id
    returning b.clinic_no as "clinicNo", b.resource_id as "doctorId", b.failing_since as "failingSince", b.reason`)
  return rows[0]
}

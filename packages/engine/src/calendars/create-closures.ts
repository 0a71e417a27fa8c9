import { closuresMax, closuresOfOneMax, isClosureTooLong, yearlyClosuresMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { announceRepeat, directoryTransaction } from '../database/announced-transaction.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { lockClinic } from '../database/lock-clinic.ts'
import { inTransaction } from '../database/pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import type {
  BlockedSlot,
  Closure,
  ClosureChange,
  ClosureDone,
  Closures,
  NewClosure,
  TooManyClosures,
} from '../model/closure.ts'
import type { Announce } from '../model/committed.ts'
import { isId, newId } from '../model/id.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { applyClosures } from './apply-closures.ts'
import { casesOf, closureEffect } from './closure-effect.ts'

const listCursor = cursorOf('closures', ['micros', 'id'])
const missing = { kind: 'closure_missing' } as const

const localText = (column: Sql) => sql`to_char(${column}, 'YYYY-MM-DD"T"HH24:MI')`

const closed = (kinds: Sql) => sql`
  (select r.id from holdfast.resource r
    where r.clinic_no = k.clinic_no and r.id = k.resource_id and r.kind in (${kinds}))`

/** The columns of a {@link Closure}, where `k` is the closure. */
const selectedClosure = sql`
  k.id, ${closed(sql`'doctor'`)} as "doctorId", ${closed(sql`'consulting_room', 'device'`)} as "resourceId",
  ${localText(sql`k.starts_at`)} as "localStart",
  ${localText(sql`k.ends_at`)} as "localEnd", k.yearly, k.note, k.created_by as "createdBy",
  k.created_at as "createdAt", k.applied_at is not null as "isApplied"`

/** The closures of clinics, with the application's role. */
export function createClosures(pool: pg.Pool, announce: Announce): Closures {
  const write = directoryTransaction(pool, announce)

  /** Applies a closure. What an earlier attempt has changed is announced again: its announcements may be lost. */
  const applied = (clinicNo: number, closureId: string) => completeWrite(() => apply(clinicNo, closureId))
  async function apply(clinicNo: number, closureId: string): Promise<ClosureDone | typeof missing> {
    const { position, doctorIds: changed } = await applyClosures(pool, write, { clinicNo, closureId })
    const { rows } = await pool.query<Closure & { doctorIds: string[] }>(sql`
      select ${selectedClosure},
             array(select r.id from holdfast.resource r
                    where r.clinic_no = k.clinic_no and (r.id = k.resource_id or k.resource_id is null)
                      and r.kind = 'doctor') as "doctorIds"
        from holdfast.closure k where k.clinic_no = ${clinicNo} and k.id = ${closureId}`)
    if (rows[0] === undefined) return missing
    const { doctorIds, ...closure } = rows[0]
    const unchanged = doctorIds.filter((id) => !changed.has(id))
    if (unchanged.length > 0) announceRepeat(announce, { doctorIds: unchanged })
    // The times of all doctors may change, whose visits take the room or device.
    if (closure.resourceId !== null) announceRepeat(announce, { clinicNos: [clinicNo] })
    return { kind: 'done', closure, position }
  }

  return {
    async create(closure, writeKey) {
      const created = await inTransaction(pool, (transaction) => createOnce(transaction, closure, writeKey))
      if (created.kind !== 'created') return created
      const { id, isRepeated } = created
      const found = await completeWrite(() => findClosure(pool, closure.clinicNo, id))
      if (found === null || found.isRemoved) return missing
      const done = await applied(closure.clinicNo, id)
      return done.kind === 'done' ? { ...done, isRepeated } : done
    },

    list: (query) => listClosures(pool, query),

    find: (clinicNo, closureId) => findClosure(pool, clinicNo, closureId),

    async change(clinicNo, closureId, change) {
      const changed = await inTransaction(pool, (transaction) =>
        changeClosure(transaction, clinicNo, closureId, change),
      )
      return changed === 'changed' ? applied(clinicNo, closureId) : { kind: changed }
    },

    async remove(clinicNo, closureId) {
      if (!isId(closureId)) return missing
      await pool.query(sql`
        update holdfast.closure
           set removed_at = clock_timestamp(), changed_at = clock_timestamp(), applied_at = null
         where clinic_no = ${clinicNo} and id = ${closureId} and removed_at is null`)
      return applied(clinicNo, closureId)
    },

    effect: (query) => closureEffect(pool, query),

    casesOf: (query) => casesOf(pool, query),

    async blockedSlots({ clinicNo, doctorId, from, to }) {
      const { rows } = await pool.query<BlockedSlot>(sql`
        select s.id as "slotId", t.note,
               case when t.id is null then 'external_calendar' when t.resource_id is null then 'clinic_closure'
                    else 'doctor_closure' end as cause
          from holdfast.slot s
          left join lateral (
            select k.id, k.resource_id, k.note
              from holdfast.closure_times(${clinicNo}, ${from}::timestamptz - interval '4 hours',
                                          ${to}::timestamptz + interval '8 days', ${doctorId}) o
              join holdfast.closure k on k.clinic_no = ${clinicNo} and k.id = o.closure_id
             where o.during && holdfast.time_of_slot(s)
             order by o.resource_id nulls last, lower(o.during), k.id limit 1) t on true
         where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId} and s.withdrawn_at is null
           and s.blocked_at is not null and s.starts_at >= ${from} and s.starts_at < ${to}
         order by s.starts_at`)
      return rows
    },
  }
}

async function findClosure(pool: pg.Pool, clinicNo: number, closureId: string): ReturnType<Closures['find']> {
  if (!isId(closureId)) return null
  const { rows } = await pool.query<Closure & { isRemoved: boolean }>(sql`
    select ${selectedClosure}, k.removed_at is not null as "isRemoved"
      from holdfast.closure k where k.clinic_no = ${clinicNo} and k.id = ${closureId}`)
  return rows[0] ?? null
}

type Created = { kind: 'created'; id: string; isRepeated: boolean } | { kind: 'key_reused' } | TooManyClosures

async function createOnce(transaction: pg.PoolClient, closure: NewClosure, writeKey: WriteKey): Promise<Created> {
  const { clinicNo } = closure
  const isStored = (inserted: Inserted) => typeof inserted === 'string'
  const result = await runOnce(transaction, { writeKey, clinicNo }, () => insertClosure(transaction, closure), isStored)
  if (result.kind === 'key_reused') return result
  const { value } = result
  return typeof value === 'string' ? { kind: 'created', id: value, isRepeated: result.kind === 'replayed' } : value
}

/** Its id, or which limit it exceeds. */
type Inserted = string | TooManyClosures

async function insertClosure(transaction: pg.PoolClient, closure: NewClosure): Promise<Inserted> {
  const { clinicNo, doctorId, localStart, localEnd, yearly, note, createdBy } = closure
  const closedId = doctorId ?? closure.resourceId ?? null
  await lockClinic(transaction, clinicNo)
  const { rows } = await transaction.query<{ ofClinic: number; ofOne: number; areYearly: number }>(sql`
    select count(*)::integer as "ofClinic",
           (count(*) filter (where k.resource_id = ${closedId}))::integer as "ofOne",
           (count(*) filter (where k.yearly))::integer as "areYearly"
      from holdfast.closure k
     where k.clinic_no = ${clinicNo} and k.removed_at is null
       and (k.yearly or k.ends_at > clock_timestamp() at time zone 'UTC')`)
  const { ofClinic = 0, ofOne = 0, areYearly = 0 } = rows[0] ?? {}
  if (ofOne >= closuresOfOneMax) {
    return { kind: 'too_many_closures', max: closuresOfOneMax, of: doctorId === null ? 'resource' : 'doctor' }
  }
  if (ofClinic >= closuresMax) return { kind: 'too_many_closures', max: closuresMax, of: 'clinic' }
  if (yearly && areYearly >= yearlyClosuresMax) {
    return { kind: 'too_many_closures', max: yearlyClosuresMax, of: 'clinic', areYearly: true }
  }
  const id = newId(clinicNo)
  await transaction.query(sql`
    insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, yearly, note, created_by)
    values (${clinicNo}, ${id}, ${closedId}, ${localStart}::timestamp, ${localEnd}::timestamp, ${yearly}, ${note},
            ${createdBy})`)
  return id
}

async function changeClosure(
  transaction: pg.PoolClient,
  clinicNo: number,
  closureId: string,
  { localStart, localEnd, note }: ClosureChange,
): Promise<'changed' | 'closure_missing' | 'closure_invalid' | 'closure_over' | 'closure_too_long'> {
  if (!isId(closureId)) return 'closure_missing'
  const { rows } = await transaction.query<Closure & { localNow: string }>(sql`
    select ${selectedClosure}, ${localText(sql`clock_timestamp() at time zone c.timezone`)} as "localNow"
      from holdfast.closure k join holdfast.clinic c on c.no = k.clinic_no
     where k.clinic_no = ${clinicNo} and k.id = ${closureId} and k.removed_at is null for update of k`)
  const [was] = rows
  if (was === undefined) return 'closure_missing'
  const [start, end] = [localStart ?? was.localStart, localEnd ?? was.localEnd]
  if (end <= start || (was.yearly && !isWholeDay(start, end))) return 'closure_invalid'
  if (isClosureTooLong(start, end)) return 'closure_too_long'
  // One that has begun may end earlier than now: somebody is back.
  const hasBegun = start === was.localStart && start <= was.localNow
  if (!was.yearly && end !== was.localEnd && end <= was.localNow && !hasBegun) return 'closure_over'
  const isMoved = start !== was.localStart || end !== was.localEnd
  await transaction.query(sql`
    update holdfast.closure
       set starts_at = ${start}::timestamp, ends_at = ${end}::timestamp,
           note = ${note === undefined ? was.note : note},
           changed_at = case when ${isMoved} then clock_timestamp() else changed_at end,
           applied_at = case when ${isMoved} then null else applied_at end
     where clinic_no = ${clinicNo} and id = ${closureId}`)
  return 'changed'
}

function isWholeDay(start: string, end: string): boolean {
  const day = Temporal.PlainDateTime.from(start)
  return start.endsWith('T00:00') && day.add({ days: 1 }).equals(Temporal.PlainDateTime.from(end))
}

async function listClosures(
  pool: pg.Pool,
  { clinicNo, doctorId, from, to, limit, cursor }: Parameters<Closures['list']>[0],
): ReturnType<Closures['list']> {
  const [micros, id] = cursor === null ? [] : listCursor.decode(cursor)
  const isAfter = micros === undefined ? sql`true` : sql`(t.first_micros, k.id) > (${micros}::bigint, ${id}::uuid)`
  type Row = Closure & { firstMicros: number; spans: [number, number][] }
  const { rows } = await pool.query<Row>(sql`
    select ${selectedClosure}, t.first_micros as "firstMicros", t.spans
      from (select o.closure_id, (extract(epoch from min(lower(o.during))) * 1000000)::bigint as first_micros,
                   json_agg(json_build_array(extract(epoch from lower(o.during)) * 1000,
                                             extract(epoch from upper(o.during)) * 1000) order by o.during) as spans
              from holdfast.closure_times(${clinicNo}, ${from}, ${to}, ${doctorId}) o
             group by o.closure_id) t
      join holdfast.closure k on k.clinic_no = ${clinicNo} and k.id = t.closure_id
     where ${isAfter}
     order by t.first_micros, k.id
     limit ${limit + 1}`)
  return pageOf(
    rows,
    limit,
    ({ firstMicros: _, spans, ...closure }) => ({
      ...closure,
      times: spans.map(([start, end]) => ({ startsAt: new Date(start), endsAt: new Date(end) })),
    }),
    (last) => listCursor.encode(String(last.firstMicros), last.id),
  )
}

import {
  type ClinicSettings,
  type ClinicTexts,
  clinicSettingNames,
  clinicTextNames,
  eachClinicText,
  slotsToComeMax,
  snakeCase,
} from '@holdfast/vocabulary'
import pg from 'pg'
import sql, { raw, type Sql } from 'sql-template-tag'
import { applyClosures, reapplyClosures } from '../calendars/apply-closures.ts'
import { type AnnouncedTransaction, announceRepeat } from '../database/announced-transaction.ts'
import { assignments, type Columns, insertion } from '../database/columns-sql.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { externalIdsValue, hasExternalId, lockClinicIds } from '../database/external-ids.ts'
import { prepared } from '../database/prepared.ts'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { firstRows } from '../lists/first-rows.ts'
import { pageOf } from '../lists/page.ts'
import { foldedOnce, hasWords } from '../lists/search-text.ts'
import type { Clinic, ClinicChange, NewClinic, UpdateClinicOutcome } from '../model/clinic.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import type { ExternalId } from '../model/external-id.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { refillWorkingHours } from '../working-hours/replace-hours.ts'
import { nextClinicNo } from './next-clinic-no.ts'
import { retentionStart } from './retention.ts'
import { timeZoneName, UnknownTimeZone } from './time-zone.ts'

const clinicCursor = cursorOf('clinics', ['name', 'id'])

type ClinicRow = ClinicSettings &
  ClinicTexts & {
    no: number
    id: string
    name: string
    timezone: string
    external_ids: ExternalId[]
    attendance_minutes: number
    emails: boolean
    sms_kinds: Clinic['smsKinds']
    logo: Clinic['logo']
  }

/** The columns of a {@link ClinicRow}, where `c` is the clinic. */
const selectedClinic = sql`c.no, c.id, c.name, c.timezone, c.external_ids,
  ${raw([...clinicTextNames, ...clinicSettingNames].map((name) => `c.${snakeCase(name)} as "${name}"`).join(', '))},
  coalesce((select max(minutes)
              from holdfast.message_settings m cross join lateral unnest(m.reminder_minutes) minutes
             where m.clinic_no = c.no and (m.emails or 'reminder' = any (m.sms_kinds))), 1440) as attendance_minutes,
  coalesce((select m.emails from holdfast.message_settings m where m.clinic_no = c.no), true) as emails,
  coalesce((select m.sms_kinds from holdfast.message_settings m where m.clinic_no = c.no), '{}') as sms_kinds,
  (select jsonb_build_object('digest', l.digest, 'width', l.width, 'height', l.height)
     from holdfast.clinic_logo l where l.clinic_no = c.no) as logo`

/** The clinics of the directory: lists by name, and plain writes. */
export function clinicsOf(
  shards: ShardPools,
  write: AnnouncedTransaction,
  announce: Announce,
): Pick<Directory, 'clinics' | 'clinic' | 'createClinic' | 'updateClinic'> {
  return {
    async clinics({ q, externalId = null, limit, cursor }) {
      const pools = shards.all()
      const found = await placedRowsOf(shards, async (pool, elsewhereNos) => {
        const selected = await pool.query<ClinicRow>(sql`
          select ${selectedClinic}
            from holdfast.clinic c
           where ${q === null ? sql`true` : foldedOnce(sql`c.name`, hasWords(q))} and ${isAfter(cursor)}
             and ${externalId === null ? sql`true` : hasExternalId('clinic', sql`c`, externalId)}
             and ${isHere(sql`c.no`, elsewhereNos)}
           order by c.name, c.id
           limit ${limit + 1}`)
        return selected.rows
      })
      const [pool] = pools
      const rows = pool === undefined || pools.length === 1 ? found : await firstRows(pool, found, limit + 1)
      return pageOf(rows, limit, clinicOf, (last) => clinicCursor.encode(last.name, last.id))
    },

    async clinic(clinicId) {
      if (!isId(clinicId)) return null
      const pool = await shards.of(clinicNoOf(clinicId))
      const { rows } = await pool.query<ClinicRow>(
        prepared('clinic_by_id', sql`select ${selectedClinic} from holdfast.clinic c where c.id = ${clinicId}`),
      )
      return rows[0] === undefined ? null : clinicOf(rows[0])
    },

    async createClinic(clinic, writeKey, drawnNo = null) {
      const outcome = await write((transaction) =>
        runOnce(transaction, { writeKey, clinicNo: ({ no }) => no }, () => insertClinic(transaction, clinic, drawnNo)),
      )
      if (outcome.kind === 'replayed') announceRepeat(announce, { clinicNos: [outcome.value.no] })
      return outcome
    },

    async updateClinic(clinicId, change) {
      const outcome = await write(
        (transaction): Promise<UpdateClinicOutcome> => updateClinic(transaction, clinicId, change),
      )
      if (outcome.kind === 'done' && change.timezone !== undefined) {
        const { no } = outcome.clinic
        await completeWrite(async () => applyClosures(await shards.of(no), write, { clinicNo: no }))
      }
      return outcome
    },
  }
}

type FormerClinic = { no: number; timezone: string; notice: number; horizon: number }

async function updateClinic(
  transaction: pg.PoolClient,
  clinicId: string,
  { settings = {}, timezone, name, externalIds, withSlots = false, ...texts }: ClinicChange,
): Promise<UpdateClinicOutcome> {
  if (!isId(clinicId)) return { kind: 'clinic_missing' }
  const zone = timezone === undefined ? undefined : await knownTimeZone(transaction, timezone)
  const columns = {
    name,
    timezone: zone,
    ...textColumns(texts),
    ...settingColumns(settings),
    external_ids: externalIdsValue(externalIds),
    patient_data_erased_from: retentionStart(settings.patientDataMonths),
    updated_at: sql`now()`,
  }
  const ofClinic = sql`c.id = ${clinicId}`
  const before = await transaction.query<FormerClinic>(sql`
    select c.no, c.timezone, c.minimum_notice_minutes as notice, c.booking_horizon_days as horizon
      from holdfast.clinic c where ${ofClinic} for no key update`)
  const was = before.rows[0]
  if (was === undefined) return { kind: 'clinic_missing' }
  if (externalIds !== undefined) await lockClinicIds(transaction, clinicId, externalIds)
  if (zone !== undefined && zone !== was.timezone && !withSlots) {
    await lockRooms(transaction, was.no)
    const coming = await slotsWithOtherTimes(transaction, was.no, [was.timezone, zone])
    if (coming.slots > 0) return { kind: 'time_zone_in_use', ...coming }
  }
  const { rows } = await transaction.query<ClinicRow>(sql`
    update holdfast.clinic c set ${assignments(columns)} where ${ofClinic} returning ${selectedClinic}`)
  const is = rows[0]
  if (is === undefined) return { kind: 'clinic_missing' }
  if (is.timezone !== was.timezone) {
    await reapplyClosures(transaction, is.no)
    await refillWorkingHours(transaction, is.no)
  }
  const { minimumNoticeMinutes, bookingHorizonDays, cancellationDeadlineMinutes } = settings
  if ([minimumNoticeMinutes, bookingHorizonDays, cancellationDeadlineMinutes].some((rule) => rule !== undefined)) {
    await transaction.query(sql`select holdfast.derive_combinations(${is.no}, null)`)
  }
  // Places that were too near, or too far ahead, can be booked, and patients who wait come first.
  if (is.minimumNoticeMinutes < was.notice || is.bookingHorizonDays > was.horizon) {
    await transaction.query(sql`select holdfast.offer_public_places(${is.no}, null, ${was.notice}, ${was.horizon})`)
  }
  return { kind: 'done', clinic: clinicOf(is) }
}

/**
 * Waits for cases that are being claimed or moved: they lock their rooms before they read the clinic's zone. Slots that
 * are being created have locked the clinic.
 */
async function lockRooms(transaction: pg.PoolClient, clinicNo: number): Promise<void> {
  await transaction.query(sql`
    select from holdfast.resource r where r.clinic_no = ${clinicNo} and r.kind = 'operating_room'
     order by r.clinic_no, r.id for no key update`)
}

/**
 * How many slots and open sessions are not over and have another local time in the other zone, at most
 * {@link slotsToComeMax}: of doctors, blocks of rooms, and days of rooms on which cases are outside blocks. Every
 * booking and case is in a slot. No more are compared: of so many, all count.
 */
async function slotsWithOtherTimes(
  transaction: pg.PoolClient,
  clinicNo: number,
  [zone, other]: readonly [string, string],
): Promise<{ slots: number; takenSlots: number }> {
  const { rows } = await transaction.query<{ slots: number; taken: number }>(sql`
    select count(*) filter (where q.differs or q.is_cut)::integer as slots,
           count(*) filter (where (q.differs or q.is_cut) and q.taken > 0)::integer as taken
      from (select c.taken, count(*) over () = ${slotsToComeMax} as is_cut,
                   (c.starts_at at time zone ${zone}::text, c.ends_at at time zone ${zone}::text)
                   <> (c.starts_at at time zone ${other}::text, c.ends_at at time zone ${other}::text) as differs
      from (select s.taken, s.starts_at, s.ends_at
              from holdfast.slot s
              join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
             -- No slot or session is longer than a day, which may have 25 hours.
             where s.clinic_no = ${clinicNo} and s.starts_at > now() - interval '25 hours' and s.ends_at > now()
               and holdfast.takes_time(s) and (r.kind <> 'open_time' or s.taken > 0)
            union all
            select 0, o.starts_at, o.ends_at
              from holdfast.open_session o
             where o.clinic_no = ${clinicNo} and o.starts_at > now() - interval '25 hours' and o.ends_at > now()
               and o.withdrawn_at is null
             order by starts_at
             limit ${slotsToComeMax}) c) q`)
  const { slots, taken } = rows[0] ?? { slots: 0, taken: 0 }
  return { slots, takenSlots: taken }
}

function isAfter(cursor: string | null): Sql {
  if (cursor === null) return sql`true`
  const [name, id] = clinicCursor.decode(cursor)
  return sql`(c.name, c.id) > (${name}, ${id}::uuid)`
}

/**
 * Inserts a clinic.
 *
 * @param drawnNo its number, of `placeClinic`; null: the next number
 * @throws UnknownTimeZone
 */
export async function insertClinic(
  transaction: pg.PoolClient,
  clinic: NewClinic,
  drawnNo: number | null = null,
): Promise<Clinic> {
  const timezone = await knownTimeZone(transaction, clinic.timezone)
  const no = drawnNo ?? (await nextClinicNo(transaction))
  const { name, settings, language, externalIds, ...texts } = clinic
  if (externalIds !== undefined) await lockClinicIds(transaction, null, externalIds)
  const columns = {
    ...{ no, id: newId(no), name, timezone, ...textColumns(texts), ...settingColumns(settings) },
    external_ids: externalIdsValue(externalIds),
  }
  const { rows } = await transaction.query<ClinicRow>(
    sql`insert into holdfast.clinic as c ${insertion(columns)} returning ${selectedClinic}`,
  )
  if (rows[0] === undefined) throw new Error(`Clinic ${no} was not inserted.`)
  if (language !== undefined) {
    await transaction.query(
      sql`insert into holdfast.message_settings ${insertion({ clinic_no: rows[0].no, language })}`,
    )
  }
  return clinicOf(rows[0])
}

/** The zone as it is stored. The database must know it too: its list may be older than Temporal's. */
async function knownTimeZone(transaction: pg.PoolClient, text: string): Promise<string> {
  const name = timeZoneName(text)
  if (name === null) throw new UnknownTimeZone(text)
  try {
    await transaction.query(sql`select now() at time zone ${name}`)
  } catch (error) {
    const invalidParameterValue = '22023'
    if (error instanceof pg.DatabaseError && error.code === invalidParameterValue) throw new UnknownTimeZone(text)
    throw error
  }
  return name
}

/** Settings that are not set are left out: a new clinic gets the defaults, an existing one is not changed. */
function settingColumns(settings: Partial<ClinicSettings>): Columns {
  return Object.fromEntries(clinicSettingNames.map((name) => [snakeCase(name), settings[name]]))
}

/** Texts that are not set are left out, like settings. */
function textColumns(texts: Partial<ClinicTexts>): Columns {
  return Object.fromEntries(clinicTextNames.map((name) => [snakeCase(name), texts[name]]))
}

function clinicOf(row: ClinicRow): Clinic {
  return {
    id: row.id,
    no: row.no,
    name: row.name,
    timezone: row.timezone,
    externalIds: row.external_ids,
    ...eachClinicText((name) => row[name]),
    settings: Object.fromEntries(clinicSettingNames.map((name) => [name, row[name]])) as ClinicSettings,
    attendanceMinutes: row.attendance_minutes,
    emails: row.emails,
    smsKinds: row.sms_kinds,
    logo: row.logo,
  }
}

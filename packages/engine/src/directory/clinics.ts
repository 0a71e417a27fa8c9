import { type ExpressionBuilder, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { runOnce } from '../answers/run-once.ts'
import type { ClinicTable, Schema } from '../database/schema.ts'
import type { Clinic, ClinicSettings, NewClinic } from '../model/clinic.ts'
import type { Directory } from '../model/directory.ts'
import { isId, newId } from '../model/id.ts'
import { cursorOf } from '../reads/cursor.ts'
import { contains } from '../reads/search-text.ts'
import { timeZoneName, UnknownTimeZone } from './time-zone.ts'

const clinicCursor = cursorOf('clinics', ['name', 'id'])

/** The clinics of the directory: lists by name, and plain writes. */
export function clinicsOf(db: Kysely<Schema>): Pick<Directory, 'clinics' | 'clinic' | 'createClinic' | 'updateClinic'> {
  return {
    async clinics({ q, limit, cursor }) {
      let query = db
        .selectFrom('clinic')
        .selectAll()
        .orderBy('name')
        .orderBy('id')
        .limit(limit + 1)
      if (q !== null) query = query.where(contains('name', q))
      if (cursor !== null) {
        const [name, id] = clinicCursor.decode(cursor)
        query = query.where((eb: ExpressionBuilder<Schema, 'clinic'>) =>
          eb(eb.refTuple('name', 'id'), '>', eb.tuple(name, id)),
        )
      }
      const items = (await query.execute()).map(clinicOf)
      const last = items[limit - 1]
      if (items.length <= limit || last === undefined) return { items, nextCursor: null }
      return { items: items.slice(0, limit), nextCursor: clinicCursor.encode(last.name, last.id) }
    },

    async clinic(clinicId) {
      if (!isId(clinicId)) return null
      const row = await db.selectFrom('clinic').selectAll().where('id', '=', clinicId).executeTakeFirst()
      return row === undefined ? null : clinicOf(row)
    },

    createClinic: (clinic, writeKey) => runOnce(db, writeKey, (transaction) => insertClinic(transaction, clinic)),

    async updateClinic(clinicId, change) {
      if (!isId(clinicId)) return null
      const { settings, timezone, ...plain } = change
      const zone = timezone === undefined ? {} : { timezone: await knownTimeZone(db, timezone) }
      const row = await db
        .updateTable('clinic')
        .set({ ...plain, ...zone, ...settingColumns(settings ?? {}), updated_at: sql<Date>`now()` })
        .where('id', '=', clinicId)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? null : clinicOf(row)
    },
  }
}

/**
 * Makes a clinic with the next number.
 *
 * @throws UnknownTimeZone
 */
export async function insertClinic(transaction: Transaction<Schema>, clinic: NewClinic): Promise<Clinic> {
  const timezone = await knownTimeZone(transaction, clinic.timezone)
  const { rows } = await sql<{ no: number }>`select nextval('holdfast.clinic_no_seq')::integer as no`.execute(
    transaction,
  )
  const no = rows[0]?.no
  if (no === undefined) throw new Error('The sequence of clinic numbers answered nothing.')
  const row = await transaction
    .insertInto('clinic')
    .values({
      no,
      id: newId(no),
      name: clinic.name,
      timezone,
      address: clinic.address,
      phone: clinic.phone,
      ...settingColumns(clinic.settings),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return clinicOf(row)
}

/** The zone as it is stored. Asks the database as well, whose rules may be older than Temporal's. */
async function knownTimeZone(db: Kysely<Schema>, text: string): Promise<string> {
  const name = timeZoneName(text)
  if (name === null) throw new UnknownTimeZone(text)
  try {
    await sql`select now() at time zone ${name}`.execute(db)
  } catch (error) {
    const invalidParameterValue = '22023'
    if (error instanceof pg.DatabaseError && error.code === invalidParameterValue) throw new UnknownTimeZone(text)
    throw error
  }
  return name
}

type SettingColumns = Partial<
  Record<'hold_seconds' | 'minimum_notice_minutes' | 'booking_horizon_days' | 'cancellation_deadline_minutes', number>
>

/** Only what is given: the rest keeps its default, or what it is. */
function settingColumns(settings: Partial<ClinicSettings>): SettingColumns {
  const columns: SettingColumns = {}
  if (settings.holdSeconds !== undefined) columns.hold_seconds = settings.holdSeconds
  if (settings.minimumNoticeMinutes !== undefined) columns.minimum_notice_minutes = settings.minimumNoticeMinutes
  if (settings.bookingHorizonDays !== undefined) columns.booking_horizon_days = settings.bookingHorizonDays
  if (settings.cancellationDeadlineMinutes !== undefined) {
    columns.cancellation_deadline_minutes = settings.cancellationDeadlineMinutes
  }
  return columns
}

function clinicOf(row: Selectable<ClinicTable>): Clinic {
  return {
    id: row.id,
    no: row.no,
    name: row.name,
    timezone: row.timezone,
    address: row.address,
    phone: row.phone,
    settings: {
      holdSeconds: row.hold_seconds,
      minimumNoticeMinutes: row.minimum_notice_minutes,
      bookingHorizonDays: row.booking_horizon_days,
      cancellationDeadlineMinutes: row.cancellation_deadline_minutes,
    },
  }
}

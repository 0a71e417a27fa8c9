import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { type ArchiveRequest, archiveMonth } from '../src/archive/archive-month.ts'
import { newId } from '../src/model/id.ts'
import { verify } from '../src/verify/verify.ts'

/** `test` with a `database` for each test, and a `directory` for the files of its archive. */
export const test = freshDatabaseTest.extend('directory', async ({ task }, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), `holdfast-archive-${task.id}-`))
  onCleanup(() => rm(directory, { recursive: true }))
  return directory
})

const dayMs = 86_400_000
/** The middle of the month eight months ago, which can be archived. */
export const old = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 8, 15, 9))
/** That month, as `2026-03`. */
export const month = old.toISOString().slice(0, 7)

/** Slots of a doctor, an hour apart, in that month. */
export const oldSlots = async (database: TestDatabase, count: number) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const slots: BuiltSlot[] = []
  for (let index = 0; index < count; index += 1) {
    const startsAt = new Date(old.getTime() + index * 3_600_000)
    slots.push(await aSlot(database, doctor, { startsAt, capacity: 3 }))
  }
  return slots
}
/** A booking of 30 days before it. */
export const book = (database: TestDatabase, slot: BuiltSlot, overrides: Parameters<typeof aBooking>[2] = {}) =>
  aBooking(database, slot, { createdAt: new Date(old.getTime() - 30 * dayMs), ...overrides })

/**
 * Two clinics with a month of slots, some booked, one token renewed, one linked to a record; and slots before, after
 * and now.
 */
export async function aHistory(database: TestDatabase): Promise<BuiltSlot[]> {
  const slots = [...(await oldSlots(database, 5)), ...(await oldSlots(database, 3))]
  let first: BuiltBooking | undefined
  for (const [index, slot] of slots.entries()) {
    const booking = await book(database, slot, {
      status: index % 2 === 0 ? 'COMPLETED' : 'CANCELLED',
      patient: { name: `Zoë "${index}" \\ \n \u2028 \r 🩺` },
      accountId: crypto.randomUUID(),
      reason: 'a reason',
    })
    await book(database, slot, { status: 'NO_SHOW' })
    first ??= booking
  }
  await database.ownerPool.query(sql`insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key)
      values (${first?.clinicNo}, ${first?.id}, 1, gen_random_uuid())`)
  if (first !== undefined) await linkToRecord(database, first)
  const doctor = await aDoctor(database, await aClinic(database))
  for (const days of [-31, 31]) {
    const slot = await aSlot(database, doctor, { startsAt: new Date(old.getTime() + days * dayMs) })
    await book(database, slot, { createdAt: new Date(old.getTime() - 62 * dayMs) })
  }
  await aBooking(database, await aSlot(database, doctor))
  return slots
}

/** Links a booking to a new record of a patient. @returns its id */
export async function linkToRecord(
  database: TestDatabase,
  booking: Pick<BuiltBooking, 'id' | 'clinicNo'>,
): Promise<string> {
  const id = newId(booking.clinicNo)
  await database.ownerPool.query(sql`insert into holdfast.patient (clinic_no, id, name)
      values (${booking.clinicNo}, ${id}, 'Zoë')`)
  await database.ownerPool.query(sql`insert into holdfast.booking_patient (clinic_no, booking_id, patient_id, linked_at)
      values (${booking.clinicNo}, ${booking.id}, ${id}, ${old})`)
  return id
}

const tables = [
  'slot',
  'booking',
  'booking_event',
  'manage_token',
  'booking_patient',
  'archived_row',
  'archived_month',
] as const

/** Every row of every table that an archive touches, as text. */
export async function contentOf(database: TestDatabase): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {}
  for (const table of tables) {
    const { rows } = await database.ownerPool.query<{ row: string }>(
      `select t::text as row from holdfast.${table} t order by 1`,
    )
    content[table] = rows.map(({ row }) => row)
  }
  return content
}

/** What `verify` finds. */
export const findings = async (database: TestDatabase) =>
  (await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).details
/** The archive's file. */
export const fileOf = (directory: string) => join(directory, `holdfast-${month}.jsonl.gz`)
/** Archives that month. */
export const archive = (database: TestDatabase, directory: string, rest: Partial<ArchiveRequest> = {}) =>
  archiveMonth(database.ownerPool, { month, directory, ...rest })

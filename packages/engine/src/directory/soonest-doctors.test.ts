import { aBooking, aClinic, aDoctor, aSlot, type BuiltClinic, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { oneShard } from '../database/shard-pools.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import type { Doctor, DoctorsQuery } from '../model/doctor.ts'
import type { Page } from '../model/page.ts'
import { createDirectory } from './create-directory.ts'
import { type SoonestPlan, soonestDoctors } from './soonest-doctors.ts'

let clinic: BuiltClinic
let busy: BuiltClinic
test.beforeAll(async ({ database }) => {
  clinic = await aClinic(database)
  busy = await aClinic(database, { settings: { minimumNoticeMinutes: 150, bookingHorizonDays: 2 } })
  await aScene(database)
})

const hour = 3_600_000
const tomorrow = Math.ceil(Date.now() / hour) * hour + 24 * hour
const at = (hours: number) => new Date(tomorrow + hours * hour)

/** Doctors of two clinics with few starts between them, so that many are equal; some with the same name. */
async function aScene(database: TestDatabase): Promise<void> {
  for (let n = 0; n < 26; n += 1) {
    const overrides = {
      name: `D ${String(n % 20).padStart(2, '0')}`,
      specialization: n % 3 === 0 ? 'Urology' : 'Surgery',
    }
    const doctor = await aDoctor(database, n % 4 === 0 ? busy : clinic, { ...overrides, active: n % 11 !== 5 })
    // 0: never a slot. 1–4: one in that hour. 5: first full, then free. 6: a lapsed hold. 7: only full or withdrawn.
    const kind = n % 8
    if (kind >= 1 && kind <= 4) await aSlot(database, doctor, { startsAt: at(kind % 3) })
    if (kind >= 5) {
      const first = await aSlot(database, doctor, { startsAt: at(1) })
      await aBooking(database, first, { status: kind === 6 ? 'PENDING' : 'CONFIRMED' })
      if (kind === 5) await aSlot(database, doctor, { startsAt: at(2) })
      if (kind === 6) await lapseHolds(database, first)
      if (kind === 7) await aSlot(database, doctor, { startsAt: at(2), withdrawn: true })
    }
    // Later slots change nothing, nor do those within the minimum notice or beyond the horizon of the clinic.
    if (kind >= 1 && kind <= 6) await aSlot(database, doctor, { startsAt: at(5 + (n % 3)) })
    if (n % 4 === 0) {
      await aSlot(database, doctor, { startsAt: new Date(Date.now() + 2 * hour) })
      await aSlot(database, doctor, { startsAt: at(72) })
    }
  }
}

const query: DoctorsQuery = {
  clinicId: null,
  specialization: null,
  q: null,
  appointmentType: null,
  includeInactive: false,
  sort: 'soonest',
  limit: 100,
  cursor: null,
}
const directory = (database: TestDatabase) => createDirectory(database.appPool, () => undefined)

async function walked(read: (cursor: string | null) => Promise<Page<Doctor>>): Promise<Doctor[]> {
  const doctors: Doctor[] = []
  let cursor: string | null = null
  do {
    const page: Page<Doctor> = await read(cursor)
    doctors.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return doctors
}

/** The result by the definition: every doctor alone, then sorted. */
async function expected(database: TestDatabase, overrides: Partial<DoctorsQuery>): Promise<Doctor[]> {
  const all = await walked((cursor) => directory(database).doctors({ ...query, ...overrides, sort: 'name', cursor }))
  const rank = ({ nextAvailableAt }: Doctor) => nextAvailableAt?.getTime() ?? Number.POSITIVE_INFINITY
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return all.toSorted((a, b) =>
    rank(a) === rank(b) ? compare(a.name, b.name) || compare(a.id, b.id) : rank(a) - rank(b),
  )
}

describe('page by page the same as all of them sorted', () => {
  test('the scene has ties, in time and in name, and doctors without a free time', async ({ database }) => {
    const all = await expected(database, { includeInactive: true })
    const times = all.map(({ nextAvailableAt }) => nextAvailableAt?.getTime() ?? null)
    expect(all).toHaveLength(26)
    expect(times.filter((time) => time === null).length).toBeGreaterThan(4)
    expect(new Set(times).size).toBeLessThan(8)
    expect(new Set(all.map(({ name }) => name)).size).toBeLessThan(all.length)
  })

  const plans: [string, SoonestPlan][] = [
    ['few are looked up one by one', { fewDoctors: 1_000, scans: [] }],
    ['all are looked up one by one', { fewDoctors: 0, scans: [] }],
    ['the scan is too short, then long enough', { fewDoctors: 0, scans: [1, 5, 1_000] }],
    ['the scan ends in a tie', { fewDoctors: 0, scans: [7] }],
    ['one scan finds all', { fewDoctors: 0, scans: [10_000] }],
  ]
  test.for(plans)('%s', async ([_, plan], { database }) => {
    const doctors = await expected(database, {})
    for (const limit of [1, 2, 5, doctors.length, 100]) {
      const conditions = [sql`r.kind = 'doctor'`, sql`r.active`]
      const pages = await walked((cursor) =>
        soonestDoctors(oneShard(database.appPool), { clinicId: null, conditions, limit, cursor }, plan),
      )
      expect(pages, `limit ${limit}`).toEqual(doctors)
    }
    const ofClinic = [sql`r.kind = 'doctor'`, sql`r.active`, sql`r.clinic_no = ${busy.no}`]
    const pages = await walked((cursor) =>
      soonestDoctors(oneShard(database.appPool), { clinicId: busy.id, conditions: ofClinic, limit: 2, cursor }, plan),
    )
    expect(pages).toEqual(await expected(database, { clinicId: busy.id }))
  })

  test.for<Partial<DoctorsQuery>>([
    {},
    { specialization: 'Urology' },
    { q: 'd 1' },
    { appointmentType: 'in_person' },
    { appointmentType: 'video' },
    { includeInactive: true },
  ])('as the directory returns it, filtered by %j', async (overrides, { database }) => {
    for (const limit of [3, 100]) {
      const pages = await walked((cursor) => directory(database).doctors({ ...query, ...overrides, limit, cursor }))
      expect(pages).toEqual(await expected(database, overrides))
    }
  })
})

test('a cursor is valid for its order only', async ({ database }) => {
  const cursorOf = async (sort: DoctorsQuery['sort']) =>
    (await directory(database).doctors({ ...query, sort, limit: 1 })).nextCursor
  const [byName, soonest] = [await cursorOf('name'), await cursorOf('soonest')]
  expect(byName).not.toBeNull()
  expect(soonest).not.toBeNull()
  await expect(directory(database).doctors({ ...query, sort: 'soonest', cursor: byName })).rejects.toThrow(
    InvalidCursor,
  )
  await expect(directory(database).doctors({ ...query, sort: 'name', cursor: soonest })).rejects.toThrow(InvalidCursor)
  await expect(directory(database).doctors({ ...query, cursor: 'x' })).rejects.toThrow(InvalidCursor)
})

test('doctors without a free time follow those with one, and none between pages is lost', async ({ database }) => {
  const doctors = await expected(database, {})
  const last = doctors.findLastIndex(({ nextAvailableAt }) => nextAvailableAt !== null)
  const first = await directory(database).doctors({ ...query, limit: last + 1 })
  const rest = await directory(database).doctors({ ...query, cursor: first.nextCursor })
  expect(first.items.at(-1)).toEqual(doctors[last])
  expect(rest.items).toEqual(doctors.slice(last + 1))
  expect(rest.nextCursor).toBeNull()
})

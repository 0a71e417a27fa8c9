import { randomUUID } from 'node:crypto'
import { aBooking, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type { AppointmentType } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { InvalidCursor } from '../lists/cursor.ts'
import type { Clinic, NewClinic } from '../model/clinic.ts'
import type { Doctor, NewDoctor } from '../model/doctor.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { Page } from '../model/page.ts'
import { createDirectory } from './create-directory.ts'
import { UnknownTimeZone } from './time-zone.ts'

const directory = (database: TestDatabase) => createDirectory(database.appPool, () => undefined)

function aNewClinic(overrides: Partial<NewClinic> = {}): NewClinic {
  return { name: `Clinic ${randomUUID()}`, timezone: 'UTC', settings: {}, ...overrides }
}

function aNewDoctor(overrides: Partial<NewDoctor> = {}): NewDoctor {
  return {
    name: `Doctor ${randomUUID()}`,
    specialization: 'Cardiology',
    experienceYears: 7,
    rating: 4.5,
    languages: ['pt-BR', 'en'],
    fee: { amount: 12_500, currency: 'BRL' },
    appointmentTypes: ['in_person', 'video'],
    ...overrides,
  }
}

async function created<Value>(result: Promise<{ kind: string; value?: Value }>): Promise<Value> {
  const { kind, value } = await result
  if (kind !== 'done' || value === undefined) throw new Error(`not done but ${kind}`)
  return value
}

const makeClinic = (database: TestDatabase, overrides?: Partial<NewClinic>): Promise<Clinic> =>
  created(directory(database).createClinic(aNewClinic(overrides), null))
const makeDoctor = (database: TestDatabase, clinic: Clinic, overrides?: Partial<NewDoctor>): Promise<Doctor> =>
  created(directory(database).createDoctor(clinic.no, aNewDoctor(overrides), null))

async function namesOf(read: (cursor: string | null) => Promise<Page<{ name: string }>>): Promise<string[]> {
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page: Page<{ name: string }> = await read(cursor)
    names.push(...page.items.map((item) => item.name))
    cursor = page.nextCursor
  } while (cursor !== null)
  return names
}

describe('clinics', () => {
  test('a new clinic gets a number, an id that contains it, and default settings', async ({ database }) => {
    const clinic = await makeClinic(database, {
      name: 'Posto',
      timezone: 'america/sao_paulo',
      phone: '+55',
      settings: { holdSeconds: 90 },
    })
    expect(clinicNoOf(clinic.id)).toBe(clinic.no)
    expect(clinic).toMatchObject({
      name: 'Posto',
      timezone: 'America/Sao_Paulo',
      address: null,
      phone: '+55',
      settings: { holdSeconds: 90, minimumNoticeMinutes: 0, bookingHorizonDays: 730, cancellationDeadlineMinutes: 0 },
    })
    expect(clinic.settings.patientDataMonths).toBe(0)
    expect(await directory(database).clinic(clinic.id)).toEqual(clinic)
    expect((await makeClinic(database)).no).toBeGreaterThan(clinic.no)
  })

  test('a change affects only the fields it names', async ({ database }) => {
    const clinic = await makeClinic(database, { address: 'Rua A' })
    const changed = await directory(database).updateClinic(clinic.id, {
      address: null,
      timezone: 'Europe/Berlin',
      settings: { bookingHorizonDays: 30 },
    })
    expect(changed).toEqual({
      kind: 'done',
      clinic: {
        ...clinic,
        address: null,
        timezone: 'Europe/Berlin',
        settings: { ...clinic.settings, bookingHorizonDays: 30 },
      },
    })
    expect(await directory(database).updateClinic(clinic.id, {})).toEqual(changed)
    const { rows } = await database.ownerPool.query(sql`select updated_at > created_at as later from holdfast.clinic
        where id = ${clinic.id}`)
    expect(rows).toEqual([{ later: true }])
  })

  test('a zone that does not exist is refused, and nothing is written', async ({ database }) => {
    const clinic = await makeClinic(database)
    await expect(makeClinic(database, { name: 'Lost', timezone: 'Mars/Olympus' })).rejects.toThrow(UnknownTimeZone)
    await expect(directory(database).updateClinic(clinic.id, { timezone: '+03:00' })).rejects.toThrow(UnknownTimeZone)
    expect((await directory(database).clinics({ q: 'Lost', limit: 10, cursor: null })).items).toEqual([])
  })

  test('one that isn’t there, or is no id', async ({ database }) => {
    for (const id of [newId(16_000_000), 'x', randomUUID()]) {
      expect(await directory(database).clinic(id)).toBeNull()
      expect(await directory(database).updateClinic(id, { name: 'x' })).toEqual({ kind: 'clinic_missing' })
    }
  })

  test('by name, page by page, also with equal names; searched without accents', async ({ database }) => {
    const mark = randomUUID().slice(0, 8)
    const names = [`${mark} Água`, `${mark} Água`, `${mark} 100%`, `${mark} Zé`, `${mark} agua 2`]
    for (const name of names) await makeClinic(database, { name })
    const list = (q: string, limit: number) => namesOf((cursor) => directory(database).clinics({ q, limit, cursor }))
    const whole = await list(mark, 100)
    expect(whole.toSorted()).toEqual(names.toSorted())
    for (const limit of [1, 2, 4, 5]) expect(await list(mark, limit)).toEqual(whole)
    expect((await list(`${mark} AGUA`, 100)).toSorted()).toEqual(
      [`${mark} agua 2`, `${mark} Água`, `${mark} Água`].toSorted(),
    )
    expect(await list(`${mark} 100%`, 100)).toEqual([`${mark} 100%`])
    expect(await list(`${mark}%`, 100)).toEqual([])
    await expect(directory(database).clinics({ q: null, limit: 10, cursor: 'x' })).rejects.toThrow(InvalidCursor)
  })
})

describe('doctors', () => {
  test('all fields of a doctor; a specialization is listed when it is first used, trimmed', async ({ database }) => {
    const clinic = await makeClinic(database)
    const doctor = await makeDoctor(database, clinic, { name: 'Ana', specialization: '  Sports   medicine ' })
    expect(doctor).toEqual({
      ...aNewDoctor({ name: 'Ana', specialization: 'Sports medicine' }),
      id: doctor.id,
      clinicId: clinic.id,
      specializationNames: null,
      externalIds: [],
      active: true,
      nextAvailableAt: null,
      hasOpenSessions: false,
      nextSlots: [],
    })
    expect(await directory(database).doctor(doctor.id)).toEqual(doctor)
    const listed = { name: 'Sports medicine', names: null, doctors: 1 }
    expect(await directory(database).specializations()).toContainEqual(listed)
    await makeDoctor(database, clinic, { specialization: 'Sports medicine' })
    await directory(database).updateDoctor(doctor.id, { active: false })
    expect(await directory(database).specializations()).toContainEqual(listed)
  })

  test('a change affects only the fields it names; doctors are deactivated, never deleted', async ({ database }) => {
    const doctor = await makeDoctor(database, await makeClinic(database))
    const change = { name: 'Bea', fee: null, rating: null, active: false, languages: [], specialization: 'Surgery ' }
    const changed = await directory(database).updateDoctor(doctor.id, change)
    const specializationNames = { en: 'Surgery', de: 'Chirurgie', ar: 'جراحة' }
    expect(changed).toEqual({ ...doctor, ...change, specialization: 'Surgery', specializationNames })
    const second = { fee: { amount: 0, currency: 'EUR' }, experienceYears: null }
    expect(await directory(database).updateDoctor(doctor.id, second)).toEqual({ ...changed, ...second })
    expect(await directory(database).updateDoctor(newId(clinicNoOf(doctor.id)), change)).toBeNull()
    expect(await directory(database).updateDoctor('x', change)).toBeNull()
    expect(await directory(database).doctor('x')).toBeNull()
  })

  test('lists: by clinic, specialization and text; inactive doctors only on request', async ({ database }) => {
    const clinic = await makeClinic(database)
    const other = await makeClinic(database)
    await makeDoctor(database, clinic, { name: 'Águeda', specialization: 'Urology' })
    await makeDoctor(database, clinic, { name: 'Bruno', specialization: 'Urology' })
    const gone = await makeDoctor(database, clinic, { name: 'Carla', specialization: 'Oncology' })
    await directory(database).updateDoctor(gone.id, { active: false })
    await makeDoctor(database, other, { name: 'Diego', specialization: 'Urology' })
    const query = {
      clinicId: clinic.id as string | null,
      specialization: null as string | null,
      q: null as string | null,
      appointmentType: null as AppointmentType | null,
      sort: 'name' as const,
      includeInactive: false,
    }
    const list = (overrides: Partial<typeof query>, limit = 100) =>
      namesOf((cursor) => directory(database).doctors({ ...query, ...overrides, limit, cursor }))
    expect((await list({})).toSorted()).toEqual(['Bruno', 'Águeda'])
    expect(await list({}, 1)).toEqual(await list({}))
    expect((await list({ includeInactive: true })).toSorted()).toEqual(['Bruno', 'Carla', 'Águeda'])
    expect(await list({ q: 'AGUEDA' })).toEqual(['Águeda'])
    expect(await list({ q: 'urol' })).toHaveLength(2)
    expect(await list({ specialization: 'Oncology', includeInactive: true })).toEqual(['Carla'])
    expect((await list({ clinicId: null, specialization: 'Urology' })).toSorted()).toEqual(['Bruno', 'Diego', 'Águeda'])
    expect(await list({ clinicId: 'x' })).toEqual([])
    await makeDoctor(database, clinic, { name: 'Edda', appointmentTypes: ['video'] })
    await makeDoctor(database, clinic, { name: 'Frida', appointmentTypes: ['in_person'] })
    expect((await list({ appointmentType: 'video' })).toSorted()).toEqual(['Bruno', 'Edda', 'Águeda'])
    expect((await list({ appointmentType: 'in_person' })).toSorted()).toEqual(['Bruno', 'Frida', 'Águeda'])
    await expect(directory(database).doctors({ ...query, limit: 1, cursor: 'x' })).rejects.toThrow(InvalidCursor)
  })

  test('next available: the first slot with room that can be booked now', async ({ database }) => {
    const clinic = await makeClinic(database, { settings: { minimumNoticeMinutes: 120, bookingHorizonDays: 3 } })
    const doctor = await makeDoctor(database, clinic)
    const next = async () => (await directory(database).doctor(doctor.id))?.nextAvailableAt
    const built = { id: doctor.id, clinicNo: clinic.no, clinicId: clinic.id }
    const in_ = (hours: number) => new Date(Date.now() + hours * 3_600_000)
    expect(await next()).toBeNull()
    for (const hours of [-1, 1, 80]) await aSlot(database, built, { startsAt: in_(hours) })
    await aSlot(database, built, { startsAt: in_(3), withdrawn: true })
    const full = await aSlot(database, built, { startsAt: in_(4) })
    await aBooking(database, full)
    expect(await next()).toBeNull()
    const held = await aSlot(database, built, { startsAt: in_(6) })
    await aBooking(database, held, { status: 'PENDING' })
    const free = await aSlot(database, built, { startsAt: in_(8) })
    expect(await next()).toEqual(free.startsAt)
    await lapseHolds(database, held)
    expect(await next()).toEqual(held.startsAt)
    const page = await directory(database).doctors({
      clinicId: clinic.id,
      specialization: null,
      q: null,
      appointmentType: null,
      sort: 'name',
      includeInactive: true,
      limit: 5,
      cursor: null,
    })
    expect(page.items.map((item) => item.nextAvailableAt)).toEqual([held.startsAt])
    await directory(database).updateDoctor(doctor.id, { active: false })
    expect(await next()).toBeNull()
  })
})

describe('a write with a key', () => {
  const aKey = () => ({ key: randomUUID(), requestHash: randomUUID() })

  test('a retry gets the stored result, another is refused; without a key it is done again', async ({ database }) => {
    const key = aKey()
    const clinic = aNewClinic()
    const first = await directory(database).createClinic(clinic, key)
    expect(first.kind).toBe('done')
    expect(await directory(database).createClinic(clinic, key)).toEqual({ ...first, kind: 'replayed' })
    const other = await directory(database).createClinic(clinic, { ...key, requestHash: randomUUID() })
    expect(other).toEqual({ kind: 'key_reused' })
    const createdClinics = async () =>
      (await directory(database).clinics({ q: clinic.name, limit: 10, cursor: null })).items
    expect(await createdClinics()).toHaveLength(1)
    await directory(database).createClinic(clinic, null)
    expect(await createdClinics()).toHaveLength(2)
  })

  test('twenty at once: one clinic is created, and all calls return it', async ({ database }) => {
    const key = aKey()
    const clinic = aNewClinic()
    const results = await Promise.all(Array.from({ length: 20 }, () => directory(database).createClinic(clinic, key)))
    expect(results.filter((result) => result.kind === 'done')).toHaveLength(1)
    expect(results.filter((result) => result.kind === 'replayed')).toHaveLength(19)
    const values = results.map((result) => 'value' in result && result.value)
    for (const value of values) expect(value).toEqual(values[0])
    expect((await directory(database).clinics({ q: clinic.name, limit: 10, cursor: null })).items).toHaveLength(1)
  })

  test('a failed write does not use up its key', async ({ database }) => {
    const key = aKey()
    const failing = directory(database).createClinic(aNewClinic({ timezone: 'Mars/Olympus' }), key)
    await expect(failing).rejects.toThrow(UnknownTimeZone)
    expect((await directory(database).createClinic(aNewClinic(), key)).kind).toBe('done')
  })

  test('doctors likewise', async ({ database }) => {
    const clinic = await makeClinic(database)
    const key = aKey()
    const doctor = aNewDoctor()
    const first = await directory(database).createDoctor(clinic.no, doctor, key)
    expect(await directory(database).createDoctor(clinic.no, doctor, key)).toEqual({ ...first, kind: 'replayed' })
    expect(
      (
        await directory(database).doctors({
          clinicId: clinic.id,
          specialization: null,
          q: null,
          appointmentType: null,
          sort: 'name',
          includeInactive: false,
          limit: 9,
          cursor: null,
        })
      ).items,
    ).toHaveLength(1)
  })
})

import { clinicNoIn, type DatabasePool, verify, withPool } from '@holdfast/engine'
import { readShards, type Shard, shardOf, shardUrl } from '@holdfast/engine/shards'
import { calendarDifferences } from '@holdfast/server/test/calendar-differences'
import { type CalendarPicture, calendarPicture, listSlots } from '@holdfast/server/test/calendar-picture'
import { type ApiResponse, call } from '@holdfast/server/test/running-server'
import { until } from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'

export type SceneSlot = { id: string; clinicNo: number; doctorId: string }
export type SceneClinic = { id: string; no: number }
export type SceneDoctor = { id: string; clinicNo: number }

const dayMs = 86_400_000
const day = new Date(Date.now() + 2 * dayMs).toISOString().slice(0, 10)
const days = { from: day, to: day }
/** Room for every claim. */
const capacityOfMany = 100_000
const clinicsMax = 200
const picturesMsMax = 60_000

/** By the API of a server, as its administrator. */
export class SceneApi {
  readonly #url: string
  readonly #bearer: string

  constructor(url: string, bearer: string) {
    this.#url = url
    this.#bearer = bearer
  }

  /** @returns the number of the new clinic */
  async createClinic(name: string): Promise<{ id: string; no: number }> {
    const { id } = await this.#create('/api/v1/clinics', { name, timezone: 'Europe/Berlin' })
    return { id, no: clinicNoIn(id) ?? 0 }
  }

  async createDoctor(clinicId: string, name: string): Promise<string> {
    return (await this.#create('/api/v1/doctors', { clinicId, name, specialization: 'Cardiology' })).id
  }

  /** @returns the slots, each of them half an hour long, from this hour of the day on */
  async createSlots(doctorId: string, count: number, capacity = capacityOfMany, hour = 6): Promise<string[]> {
    const slots = Array.from({ length: count }, (_, n) => ({
      startsAt: new Date(Date.parse(`${day}T00:00:00Z`) + (2 * hour + n) * 1_800_000).toISOString(),
      endsAt: new Date(Date.parse(`${day}T00:00:00Z`) + (2 * hour + n + 1) * 1_800_000).toISOString(),
      capacity,
    }))
    await this.#send(`/api/v1/doctors/${doctorId}/slots`, { slots })
    const starts = new Set(slots.map(({ startsAt }) => Date.parse(startsAt)))
    const listed = await listSlots(this.#url, doctorId, days)
    if (!Array.isArray(listed)) throw new Error(`The slots of ${doctorId} were created, and are not listed.`)
    return listed.filter(({ startsAt }) => starts.has(Date.parse(startsAt))).map(({ id }) => id)
  }

  async #create(path: string, body: object): Promise<{ id: string }> {
    const response = await this.#send(path, body)
    return { id: String(response.body.id) }
  }

  async #send(path: string, body: object): Promise<ApiResponse> {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const response = await call(`${this.#url}${path}`, { method: 'POST', bearer: this.#bearer, headers, body })
    if (response.status !== 201) throw new Error(`POST ${path} returned ${response.status}: ${response.text}`)
    return response
  }
}

/** Creates clinics, each with a doctor and slots, until each shard has so many. */
export async function createClinics(
  api: SceneApi,
  shards: readonly Shard[],
  clinicsPerShard: number,
  slotsPerClinic: number,
): Promise<{ clinics: SceneClinic[]; slots: SceneSlot[] }> {
  const clinics: SceneClinic[] = []
  const slots: SceneSlot[] = []
  const counts = new Map(shards.map(({ schema }) => [schema, 0]))
  for (let n = 1; [...counts.values()].some((count) => count < clinicsPerShard); n += 1) {
    if (n > clinicsMax) throw new Error(`Of ${clinicsMax} clinics, a shard got none.`)
    const { id, no } = await api.createClinic(`Clinic ${n}`)
    clinics.push({ id, no })
    const { schema } = shardOf(shards, no)
    counts.set(schema, (counts.get(schema) ?? 0) + 1)
    const doctorId = await api.createDoctor(id, `Doctor ${n}`)
    const ids = await api.createSlots(doctorId, slotsPerClinic)
    slots.push(...ids.map((slotId) => ({ id: slotId, clinicNo: no, doctorId })))
  }
  return { clinics, slots }
}

export function doctorsOf(slots: readonly SceneSlot[]): SceneDoctor[] {
  const doctors = new Map(slots.map(({ doctorId, clinicNo }) => [doctorId, { id: doctorId, clinicNo }]))
  return [...doctors.values()]
}

/** Somebody who watches all doctors, on each server. */
export function watch(urls: readonly string[], doctors: readonly SceneDoctor[]): Promise<CalendarPicture[]> {
  const ids = doctors.map(({ id }) => id)
  return Promise.all(urls.map((url) => calendarPicture(url, ids, days)))
}

type Watched = { doctors: readonly SceneDoctor[]; urls: readonly string[]; pictures: readonly CalendarPicture[] }

/** In which lists and pictures the calendar is not as it is in the database, once they are up to date. */
export async function differencesOf(coordinator: pg.Pool, watched: Watched): Promise<object[]> {
  const found = () => calendarDifferences({ ownerPool: coordinator }, { ...watched, query: days })
  const none = async () => ((await found()).length === 0 ? true : undefined)
  const isSame = await until(none, () => 'lists as in the database', picturesMsMax).catch(() => false)
  return isSame ? [] : await found()
}

/** What `verify` finds in each shard. */
export async function verifyShards(
  ownerUrl: string,
  coordinator: pg.Pool,
): Promise<{ mismatches: number; overbooked: number }> {
  const total = { mismatches: 0, overbooked: 0 }
  for (const shard of await readShards(coordinator)) {
    const { mismatches, overbooked } = await onShard(ownerUrl, shard, (pool) =>
      verify(pool, { clinicNo: null, detailsMax: 1 }),
    )
    total.mismatches += mismatches
    total.overbooked += overbooked
  }
  return total
}

/** As the owner, in a shard. */
export function onShard<Result>(
  ownerUrl: string,
  shard: Shard,
  work: (pool: DatabasePool) => Promise<Result>,
): Promise<Result> {
  return withPool({ url: shardUrl(ownerUrl, shard), max: 2, name: 'holdfast drill' }, work)
}

type Claimed = { key: string; bookingId: string }

/** What was acknowledged and is missing, and bookings of one key. */
export async function compareBookings(
  coordinator: pg.Pool,
  journal: readonly Claimed[],
): Promise<{ acknowledged: number; lost: number; duplicated: number }> {
  const { rows } = await coordinator.query<{ id: string; key: string }>(
    sql`select id, patient->>'name' as key from holdfast.booking`,
  )
  const keys = new Set(journal.map(({ key }) => key))
  const ours = rows.filter(({ key }) => keys.has(key))
  const ids = new Set(ours.map(({ id }) => id))
  return {
    acknowledged: journal.length,
    lost: journal.filter(({ bookingId }) => !ids.has(bookingId)).length,
    duplicated: ours.length - new Set(ours.map(({ key }) => key)).size,
  }
}

import type { BuiltDoctor, BuiltSlot, TestDatabase } from '@holdfast/testkit'
import { aClinic, aDoctor, aSlot, databaseProxy, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { untilCaughtUp } from '../../test/live-calendar.ts'
import { type ApiResponse, administrator, call, serverOn, signIn } from '../../test/running-server.ts'
import { test } from '../../test/two-servers-test.ts'

const aNewDoctor = async (database: TestDatabase) => aDoctor(database, await aClinic(database))
const dayOf = (slot: BuiltSlot) => slot.startsAt.toISOString().slice(0, 10)
const listUrl = (server: { url: string }, doctor: BuiltDoctor, slot: BuiltSlot) =>
  `${server.url}/api/v1/doctors/${doctor.id}/slots?from=${dayOf(slot)}&to=${dayOf(slot)}`

type Listed = { id: string; available: number }
const itemsOf = ({ body }: ApiResponse) => body.items as Listed[]
const availableOf = (response: ApiResponse, slot: BuiltSlot) =>
  itemsOf(response).find(({ id }) => id === slot.id)?.available

const book = (server: { url: string }, slot: BuiltSlot) =>
  call(`${server.url}/api/v1/bookings`, { method: 'POST', body: { slotId: slot.id, patient: { name: 'Ada' } } })

async function metric(server: { url: string }, name: string): Promise<number> {
  const { text } = await call(`${server.url}/metrics`, { bearer: 'metrics-token-of-the-tests' })
  return Number(new RegExp(`^${name.replaceAll(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

describe('lists of slots', () => {
  test('are served from memory, with their time; the same until something changes', async ({ database, here }) => {
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor, { capacity: 3 })
    // Otherwise the server would read the list once more when it reads of the slot's creation.
    await untilCaughtUp(database, here.url, doctor.id)
    const first = await call(listUrl(here, doctor, slot))
    expect((await call(listUrl(here, doctor, slot))).text).toBe(first.text)
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const etag = first.headers.get('etag') ?? ''
    expect((await call(listUrl(here, doctor, slot), { headers: { 'if-none-match': etag } })).status).toBe(304)
    await book(here, slot)
    const after = await call(listUrl(here, doctor, slot), { headers: { 'if-none-match': etag } })
    expect(after.status).toBe(200)
    expect(availableOf(after, slot)).toBe(2)
    expect(String(after.body.asOf) >= String(first.body.asOf)).toBe(true)
  })

  test('after a booking, cancellation or move, the next read of the server has it', async ({ database, here }) => {
    const doctor = await aNewDoctor(database)
    const other = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
    const [slot, elsewhere] = [
      await aSlot(database, doctor, { capacity: 40 }),
      await aSlot(database, other, { capacity: 40 }),
    ]
    const read = async (of: BuiltDoctor, at: BuiltSlot) => availableOf(await call(listUrl(here, of, at)), at)
    for (let n = 0; n < 10; n += 1) {
      expect([await read(doctor, slot), await read(other, elsewhere)]).toEqual([40, 40])
      const { body } = await book(here, slot)
      expect(await read(doctor, slot)).toBe(39)
      const bearer = String(body.manageToken)
      const moved = await call(`${here.url}/api/v1/bookings/${body.id}/reschedule`, {
        method: 'POST',
        bearer,
        body: { slotId: elsewhere.id },
      })
      expect(moved.status).toBe(200)
      expect([await read(doctor, slot), await read(other, elsewhere)]).toEqual([40, 39])
      await call(`${here.url}/api/v1/bookings/${body.id}/cancel`, { method: 'POST', bearer })
    }
  })

  test('a booking costs its server one load: the log drops the list no more', async ({ database, here, there }) => {
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor, { capacity: 5 })
    await untilCaughtUp(database, here.url, doctor.id)
    await book(here, slot)
    const list = await call(listUrl(here, doctor, slot))
    await untilCaughtUp(database, here.url, doctor.id)
    expect((await call(listUrl(here, doctor, slot))).text).toBe(list.text)
    // Another server's write arrives only through the log.
    await book(there, slot)
    await untilCaughtUp(database, here.url, doctor.id)
    expect(availableOf(await call(listUrl(here, doctor, slot)), slot)).toBe(3)
  })

  test('with the Holdfast-Position of a write, another server includes it immediately; without it, soon', async ({
    database,
    here,
    there,
  }) => {
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor, { capacity: 40 })
    for (let n = 1; n <= 10; n += 1) {
      await call(listUrl(there, doctor, slot))
      const position = (await book(here, slot)).headers.get('holdfast-position') ?? ''
      expect(position).toMatch(/^\d+\.\d+$/)
      const response = await call(listUrl(there, doctor, slot), { headers: { 'holdfast-position': position } })
      expect(availableOf(response, slot)).toBe(40 - n)
    }
    await book(here, slot)
    await until(
      async () => availableOf(await call(listUrl(there, doctor, slot)), slot) === 29,
      'the other server to read of the booking',
    )
  })

  test('an invalid position is refused with an error that names it', async ({ database, here }) => {
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor)
    const response = await call(listUrl(here, doctor, slot), { headers: { 'holdfast-position': 'latest' } })
    expect(response.status).toBe(400)
    expect(response.body).toMatchObject({ code: 'invalid_request', errors: [{ path: '/headers/holdfast-position' }] })
  })

  test('a thousand concurrent requests for a list that is not cached cost at most two loads', async ({ database }) => {
    const another = await serverOn(database, { HOLDFAST_METRICS_TOKEN: 'metrics-token-of-the-tests' })
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor)
    await untilCaughtUp(database, another.url, doctor.id)
    const before = await metric(another, 'holdfast_cache_loads_total')
    const responses = await Promise.all(Array.from({ length: 1000 }, () => call(listUrl(another, doctor, slot))))
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]))
    expect((await metric(another, 'holdfast_cache_loads_total')) - before).toBeLessThanOrEqual(2)
    expect(await metric(another, 'holdfast_cache_reads_total{result="hit"}')).toBeGreaterThan(0)
    await another.stop()
  })

  test('a slot is free when its hold expires, even without a sweep or a claim', async ({ database, here }) => {
    // The hold's end is changed without a log entry, so the list is read from a server that has not cached it.
    const fresh = await serverOn(database)
    /** @returns whether the list was read before the hold had lapsed; a slow machine needs a longer hold */
    const isSeenToLapse = async (seconds: number) => {
      const doctor = await aNewDoctor(database)
      const slot = await aSlot(database, doctor)
      const { body } = await book(here, slot)
      const { rows } = await database.ownerPool.query<{ lapsesAt: Date }>(sql`
        update holdfast.booking set hold_expires_at = now() + make_interval(secs => ${seconds})
         where id = ${body.id} returning hold_expires_at as "lapsesAt"`)
      const lapsesAt = rows[0]?.lapsesAt ?? new Date(0)
      await database.ownerPool.query('update holdfast.slot set next_lapse = $2 where id = $1', [slot.id, lapsesAt])
      const before = availableOf(await call(listUrl(fresh, doctor, slot)), slot)
      if (Date.now() >= lapsesAt.getTime()) return false
      expect(before).toBe(0)
      await until(
        async () => availableOf(await call(listUrl(fresh, doctor, slot)), slot) === 1,
        'the expired hold to be listed as free',
      )
      expect(Date.now()).toBeGreaterThanOrEqual(lapsesAt.getTime())
      return true
    }
    let seconds = 1
    while (!(await isSeenToLapse(seconds))) seconds *= 2
    await fresh.stop()
  })

  test('changes of slots, doctors and clinics show here at once, elsewhere soon', async ({ database, here, there }) => {
    const bearer = await signIn(here.url, administrator)
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor)
    const doctorUrl = (server: { url: string }) => `${server.url}/api/v1/doctors/${doctor.id}`
    for (const server of [here, there]) {
      await call(doctorUrl(server))
      await call(listUrl(server, doctor, slot))
    }
    const renamed = await call(doctorUrl(here), { method: 'PATCH', bearer, body: { name: 'Dr. New Name' } })
    expect(renamed.status).toBe(200)
    expect((await call(doctorUrl(here))).body.name).toBe('Dr. New Name')
    await until(async () => (await call(doctorUrl(there))).body.name === 'Dr. New Name', 'the new name there')
    const [startsAt, endsAt] = [slot.endsAt, new Date(slot.endsAt.getTime() + 900_000)]
    const created = await call(`${doctorUrl(here)}/slots`, {
      method: 'POST',
      bearer,
      body: { slots: [{ startsAt, endsAt }] },
    })
    expect(created.status).toBe(201)
    expect(itemsOf(await call(listUrl(here, doctor, slot)))).toHaveLength(2)
    await call(`${here.url}/api/v1/slots/${slot.id}`, { method: 'DELETE', bearer })
    expect(itemsOf(await call(listUrl(here, doctor, slot)))).toHaveLength(1)
    await until(async () => itemsOf(await call(listUrl(there, doctor, slot))).length === 1, 'the withdrawal there')
  })

  test('after 400 concurrent bookings, two servers list the slots that are left', async ({ database, here, there }) => {
    const doctor = await aNewDoctor(database)
    const slot = await aSlot(database, doctor, { capacity: 1000 })
    let reading = true
    const seen: number[] = []
    const reader = (async () => {
      while (reading) seen.push(availableOf(await call(listUrl(here, doctor, slot)), slot) ?? Number.NaN)
    })()
    await Promise.all(Array.from({ length: 400 }, (_, n) => book(n % 2 === 0 ? here : there, slot)))
    reading = false
    await reader
    expect(seen).toEqual(seen.toSorted((a, b) => b - a))
    for (const server of [here, there]) {
      await until(async () => availableOf(await call(listUrl(server, doctor, slot)), slot) === 600, '600 left')
    }
  })
})

describe('lists of doctors, the soonest first', () => {
  const soonestUrl = (server: { url: string }, doctor: BuiltDoctor) =>
    `${server.url}/api/v1/doctors?sort=soonest&limit=1&clinicId=${doctor.clinicId}`
  const firstOf = (response: ApiResponse) => (response.body.items as { id: string; nextAvailableAt: string }[])[0]

  /** Two doctors: `first` can be booked before `second`. */
  async function twoDoctors(database: TestDatabase) {
    const first = await aNewDoctor(database)
    const second = await aDoctor(database, { no: first.clinicNo, id: first.clinicId, timezone: 'UTC' })
    const slot = await aSlot(database, first)
    const other = await aSlot(database, second, { startsAt: slot.endsAt })
    return { first, second, slot, other }
  }

  const positionOf = ({ headers }: ApiResponse) => ({ 'holdfast-position': headers.get('holdfast-position') ?? '' })

  test('with a booking’s Holdfast-Position, both servers are current', async ({ database, here, there }) => {
    for (const server of [here, there]) {
      const { first, second, slot } = await twoDoctors(database)
      expect(firstOf(await call(soonestUrl(server, first)))?.id).toBe(first.id)
      const booked = await book(here, slot)
      expect(firstOf(await call(soonestUrl(server, first), { headers: positionOf(booked) }))?.id).toBe(second.id)
      // After a cancellation, the first doctor returns to the page.
      const cancelled = await call(`${here.url}/api/v1/bookings/${booked.body.id}/cancel`, {
        method: 'POST',
        bearer: String(booked.body.manageToken),
      })
      expect(firstOf(await call(soonestUrl(server, first), { headers: positionOf(cancelled) }))?.id).toBe(first.id)
    }
  })

  test('also from a server that knows the booking whose earlier response is cached', async ({ database, here }) => {
    const another = await serverOn(database, { HOLDFAST_METRICS_TOKEN: 'metrics-token-of-the-tests' })
    const { first, second, slot, other } = await twoDoctors(database)
    const loads = () => metric(another, 'holdfast_cache_loads_total')
    /** Waits until the server's tail is past a write: the clinic is then served from memory again. */
    const untilRead = async (headers: Record<string, string>) =>
      until(async () => {
        const before = await loads()
        await call(`${another.url}/api/v1/clinics/${first.clinicId}`, { headers })
        return (await loads()) === before
      }, 'the server to read of a write')
    // The builders' changes drop lists too; the tail is past them after this.
    await untilRead(positionOf(await book(here, await aSlot(database, second, { startsAt: other.endsAt }))))
    expect(firstOf(await call(soonestUrl(another, first)))?.id).toBe(first.id)
    const booked = positionOf(await book(here, slot))
    await untilRead(booked)
    expect(firstOf(await call(soonestUrl(another, first), { headers: booked }))?.id).toBe(second.id)
    // And from memory, after it was read once.
    const [before, startedAt] = [await loads(), performance.now()]
    for (let n = 0; n < 20; n += 1) {
      expect(firstOf(await call(soonestUrl(another, first), { headers: booked }))?.id).toBe(second.id)
    }
    expect((await loads()) - before).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / 2_000)
    await another.stop()
  })

  test('without it within seconds; edits and new slots immediately', async ({ database, here, there }) => {
    const { first, second, slot } = await twoDoctors(database)
    expect(firstOf(await call(soonestUrl(here, first)))?.id).toBe(first.id)
    await book(there, slot)
    await until(async () => firstOf(await call(soonestUrl(here, first)))?.id === second.id, 'the booking to be noticed')
    const bearer = await signIn(here.url, administrator)
    const active = { method: 'PATCH', bearer, body: { active: false } }
    expect((await call(`${here.url}/api/v1/doctors/${second.id}`, active)).status).toBe(200)
    expect(firstOf(await call(soonestUrl(here, first)))).toMatchObject({ id: first.id, nextAvailableAt: null })
    const startsAt = new Date(slot.startsAt.getTime() + 86_400_000)
    const slots = [{ startsAt, endsAt: new Date(startsAt.getTime() + 900_000) }]
    await call(`${here.url}/api/v1/doctors/${first.id}/slots`, { method: 'POST', bearer, body: { slots } })
    expect(firstOf(await call(soonestUrl(here, first)))?.nextAvailableAt).toBe(startsAt.toISOString())
  })

  test('bookings do not reload it; those of the next free slot reload a list by name', async ({ database }) => {
    const another = await serverOn(database, { HOLDFAST_METRICS_TOKEN: 'metrics-token-of-the-tests' })
    const { first, second, other } = await twoDoctors(database)
    const slots = [other]
    for (let n = 0; n < 20; n += 1) slots.push(await aSlot(database, second))
    const later = await aSlot(database, second, { capacity: 100 })
    // Otherwise the server would read it once more when it reads of the rows created above.
    await untilCaughtUp(database, another.url, second.id)
    const loadsWhileBooking = async (url: string, booked: BuiltSlot[]) => {
      const [before, startedAt] = [await metric(another, 'holdfast_cache_loads_total'), performance.now()]
      for (const slot of booked) expect((await book(another, slot).then(() => call(url))).status).toBe(200)
      const expiries = (performance.now() - startedAt) / 2_000
      return { loads: (await metric(another, 'holdfast_cache_loads_total')) - before, expiries }
    }
    const byName = `${another.url}/api/v1/doctors?limit=2&clinicId=${first.clinicId}`
    for (const url of [soonestUrl(another, first), byName]) {
      const { loads, expiries } = await loadsWhileBooking(url, Array(20).fill(later))
      expect(loads).toBeLessThanOrEqual(2 + expiries)
    }
    expect((await loadsWhileBooking(byName, slots)).loads).toBeGreaterThanOrEqual(20)
    expect((await call(byName)).text).toContain(`"nextAvailableAt":"${later.startsAt.toISOString()}"`)
    await another.stop()
  })
})

test('without the database, lists are stale, writes refused within a second; both recover', async ({ database }) => {
  const proxy = await databaseProxy(database.appUrl)
  const server = await serverOn({ ownerUrl: database.ownerUrl, appUrl: proxy.url })
  const doctor = await aNewDoctor(database)
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const known = await call(listUrl(server, doctor, slot))
  await proxy.cut()
  const isStale = async () => {
    const response = await call(listUrl(server, doctor, slot))
    return response.body.stale === true ? response : undefined
  }
  const stale = await until(isStale, 'the list to be marked stale')
  expect(stale.status).toBe(200)
  expect(stale.body).toMatchObject({ items: known.body.items, asOf: known.body.asOf })
  expect(stale.headers.get('warning')).toContain('110')
  const times: number[] = []
  for (let n = 0; n < 21; n += 1) {
    const startedAt = performance.now()
    const refused = await book(server, slot)
    expect(refused.status).toBe(503)
    expect(refused.body.code).toBe('unavailable')
    expect(refused.headers.get('retry-after')).toBeTruthy()
    times.push(performance.now() - startedAt)
  }
  // The fastest shows the code, and not how busy the machine is.
  expect(Math.min(...times)).toBeLessThan(1_000)
  const unknown = await aNewDoctor(database)
  expect((await call(listUrl(server, unknown, slot))).status).toBe(503)
  await proxy.restore()
  await until(async () => (await book(server, slot)).status === 201, 'a booking after the return')
  const healed = await until(async () => {
    const response = await call(listUrl(server, doctor, slot))
    return response.body.stale === undefined ? response : undefined
  }, 'a list that is not stale')
  expect(availableOf(healed, slot)).toBe(4)
  await server.stop()
  await proxy.end()
})

import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  type BuiltClinic,
  type BuiltSlot,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { AdmissionOutcome, AdmissionRequest, BookingOrigin } from '../model/booking-limits.ts'
import { newId } from '../model/id.ts'
import { createAdmissions } from './admissions.ts'

type Limits = Partial<
  Record<'guest_units_max' | `${'address' | 'account' | 'contact'}_${'holds' | 'bookings'}_max`, number>
>

async function aLimitedClinic(database: TestDatabase, limits: Limits) {
  const clinic = await aClinic(database)
  const columns = Object.entries(limits).map(([name, value]) => `${name} = ${value}`)
  await database.ownerPool.query(`update holdfast.clinic set ${columns.join(', ')} where no = $1`, [clinic.no])
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 1000 })
  return { clinic, slot }
}

type FourOrigins = [BookingOrigin, BookingOrigin, BookingOrigin, BookingOrigin]

const anOrigin = (kind: BookingOrigin['kind'] = 'address'): BookingOrigin => ({ kind, subject: randomUUID() })

function aRequest(clinic: BuiltClinic, origins: BookingOrigin[], overrides: Partial<AdmissionRequest> = {}) {
  const request = { bookingId: newId(clinic.no), key: randomUUID(), units: 1, confirm: true, origins }
  return { ...request, ...overrides }
}

/** A booking that was admitted with these origins. */
async function anAdmitted(
  database: TestDatabase,
  slot: BuiltSlot,
  origins: BookingOrigin[],
  overrides: Parameters<typeof aBooking>[2] = {},
): Promise<BuiltBooking> {
  const booking = await aBooking(database, slot, overrides)
  for (const { kind, subject } of origins) {
    await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
        values (${slot.clinicNo}, ${subject}, ${booking.id}, ${kind}, ${overrides.createdAt ?? new Date()})`)
  }
  return booking
}

/** An id as of that time. */
function idAt(clinicNo: number, at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}${newId(clinicNo).slice(13)}`
}

const admissionsOf = (database: TestDatabase) => createAdmissions(database.appPool, {})

async function admittedOf(outcomes: Promise<AdmissionOutcome>[]): Promise<number> {
  return (await Promise.all(outcomes)).filter(({ kind }) => kind === 'admitted').length
}

describe('limits', () => {
  test.for([
    ['address', 'address_bookings_max'],
    ['account', 'account_bookings_max'],
    ['contact', 'contact_bookings_max'],
  ] as const)('the bookings of one %s are limited, in one batch and in turn', async ([kind, column], { database }) => {
    const { clinic } = await aLimitedClinic(database, { [column]: 3 })
    const { admit } = admissionsOf(database)
    const together = anOrigin(kind)
    expect(await admittedOf(Array.from({ length: 9 }, () => admit(aRequest(clinic, [together]))))).toBe(3)
    const alone = anOrigin(kind)
    for (let n = 0; n < 3; n += 1) expect(await admit(aRequest(clinic, [alone]))).toEqual({ kind: 'admitted' })
    expect(await admit(aRequest(clinic, [alone]))).toEqual({
      kind: 'too_many_bookings',
      of: kind,
      what: 'bookings',
      max: 3,
    })
    // Others, and other clinics, are not concerned.
    expect(await admit(aRequest(clinic, [anOrigin(kind)]))).toEqual({ kind: 'admitted' })
    expect(await admit(aRequest(await aClinic(database), [alone]))).toEqual({ kind: 'admitted' })
  })

  test('holds have a lower limit than bookings; a hold that becomes a booking still counts', async ({ database }) => {
    const { clinic, slot } = await aLimitedClinic(database, { contact_holds_max: 2, contact_bookings_max: 3 })
    const { admit } = admissionsOf(database)
    const origin = anOrigin('contact')
    for (let n = 0; n < 2; n += 1) await anAdmitted(database, slot, [origin], { status: 'PENDING' })
    expect(await admit(aRequest(clinic, [origin], { confirm: false }))).toMatchObject({ what: 'holds', max: 2 })
    expect(await admit(aRequest(clinic, [origin]))).toEqual({ kind: 'admitted' })
    expect(await admit(aRequest(clinic, [origin]))).toMatchObject({ what: 'bookings', max: 3 })
  })

  test('a request, which may wait for days, counts as a booking does', async ({ database }) => {
    const { clinic, slot } = await aLimitedClinic(database, { contact_holds_max: 2, contact_bookings_max: 4 })
    const { admit } = admissionsOf(database)
    const origin = anOrigin('contact')
    for (let n = 0; n < 3; n += 1) await anAdmitted(database, slot, [origin], { status: 'PENDING' })
    const another = () => admit(aRequest(clinic, [origin], { confirm: false }))
    // The control: holds.
    expect(await another()).toMatchObject({ what: 'holds', max: 2 })
    await database.ownerPool.query('update holdfast.booking set requested_at = now() where slot_id = $1', [slot.id])
    expect(await another()).toEqual({ kind: 'admitted' })
    expect(await another()).toMatchObject({ what: 'bookings', max: 4 })
  })

  test('a network has four times the limit of an address', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 2 })
    const { admit } = admissionsOf(database)
    const network = anOrigin('network')
    const rotating = Array.from({ length: 12 }, () => admit(aRequest(clinic, [anOrigin('address'), network])))
    expect(await admittedOf(rotating)).toBe(8)
  })

  test('units of one booking are limited', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { guest_units_max: 4 })
    const { admit } = admissionsOf(database)
    expect(await admit(aRequest(clinic, [anOrigin()], { units: 4 }))).toEqual({ kind: 'admitted' })
    expect(await admit(aRequest(clinic, [anOrigin()], { units: 5 }))).toEqual({ kind: 'too_many_units', max: 4 })
  })
})

describe('what counts', () => {
  test('no cancelled bookings, lapsed holds, past slots, or reservations without claim', async ({ database }) => {
    const { clinic, slot } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const { admit } = admissionsOf(database)
    const origin = anOrigin()
    const past = await aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() - 3_600_000) })
    await anAdmitted(database, slot, [origin], { status: 'CANCELLED' })
    await anAdmitted(database, slot, [origin], { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
    await anAdmitted(database, past, [origin])
    await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
        values (${clinic.no}, ${origin.subject}, ${newId(clinic.no)}, 'address', now() - interval '3 minutes')`)
    expect(await admit(aRequest(clinic, [origin]))).toEqual({ kind: 'admitted' })
    // They were deleted when they were counted; the control is the one that counts.
    const { rows } = await database.ownerPool.query(sql`select from holdfast.booking_origin
        where subject = ${origin.subject}`)
    expect(rows).toHaveLength(1)
    expect(await admit(aRequest(clinic, [origin]))).toMatchObject({ kind: 'too_many_bookings' })
  })

  test('an account’s reservation of a guest’s booking: two minutes, endless once linked', async ({ database }) => {
    const { clinic, slot } = await aLimitedClinic(database, { account_bookings_max: 1 })
    const { admit } = admissionsOf(database)
    const age = (origin: BookingOrigin, age: string) =>
      database.ownerPool.query(sql`update holdfast.booking_origin set at = now() - ${age}::interval
          where subject = ${origin.subject}`)
    const [linked, failed, again, late] = [1, 2, 3, 4].map(() => anOrigin('account')) as FourOrigins
    for (const origin of [linked, failed, again, late]) {
      const { id: bookingId } = await aBooking(database, slot)
      const link = aRequest(clinic, [origin], { bookingId })
      expect(await admit(link)).toEqual({ kind: 'admitted' })
      expect(await admit(aRequest(clinic, [origin]))).toMatchObject({ kind: 'too_many_bookings' })
      const ownerId = origin === linked ? linked.subject : origin === late ? randomUUID() : null
      await database.ownerPool.query('update holdfast.booking set account_id = $2 where id = $1', [bookingId, ownerId])
      // What another account has does not count at once.
      if (origin !== late) await age(origin, '121 s')
      // The next try of the link: its reservation begins anew.
      if (origin === again) expect(await admit(link)).toEqual({ kind: 'admitted' })
    }
    const outcomes = [linked, failed, again, late].map(async (origin) => (await admit(aRequest(clinic, [origin]))).kind)
    expect(await Promise.all(outcomes)).toEqual(['too_many_bookings', 'admitted', 'too_many_bookings', 'admitted'])
  })

  test('a retry is admitted, however many bookings there are', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const { admit } = admissionsOf(database)
    const origin = anOrigin()
    const first = aRequest(clinic, [origin])
    expect(await admit(first)).toEqual({ kind: 'admitted' })
    await database.ownerPool.query(sql`
      insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
       values (${clinic.no}, ${first.key}, ${randomUUID()}, ${first.bookingId}, now())`)
    expect(await admit({ ...first, bookingId: newId(clinic.no) })).toEqual({ kind: 'admitted' })
    expect(await admit(aRequest(clinic, [origin]))).toMatchObject({ kind: 'too_many_bookings' })
  })

  test('tries of one claim take room once: in a batch, one by one, and on two servers', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { contact_holds_max: 2 })
    const servers = [admissionsOf(database), admissionsOf(database)]
    const tryOn = (server: number, origin: BookingOrigin, key: string) =>
      servers[server % 2]?.admit(aRequest(clinic, [origin], { key, confirm: false })) ?? Promise.reject()
    const origin = anOrigin('contact')
    const [key, other] = [randomUUID(), randomUUID()]
    expect(await admittedOf(Array.from({ length: 40 }, (_, n) => tryOn(n, origin, key)))).toBe(40)
    for (let n = 0; n < 3; n += 1) expect(await tryOn(n, origin, key)).toEqual({ kind: 'admitted' })
    // The control: another claim takes the second place, and a third finds none.
    expect(await admittedOf(Array.from({ length: 10 }, (_, n) => tryOn(n, origin, other)))).toBe(10)
    expect(await tryOn(0, origin, randomUUID())).toMatchObject({ kind: 'too_many_bookings', max: 2 })
    expect(await tryOn(0, origin, key)).toEqual({ kind: 'admitted' })
  })

  test('two bookings of one key, the second after the key was deleted, count as two', async ({ database }) => {
    const { clinic, slot } = await aLimitedClinic(database, { address_bookings_max: 2 })
    const { admit } = admissionsOf(database)
    const origin = anOrigin()
    const key = randomUUID()
    for (let n = 0; n < 2; n += 1) {
      const booking = await aBooking(database, slot)
      expect(await admit(aRequest(clinic, [origin], { key, bookingId: booking.id }))).toEqual({ kind: 'admitted' })
    }
    expect(await admit(aRequest(clinic, [origin], { key }))).toMatchObject({ kind: 'too_many_bookings' })
  })

  test('a claim that booked nothing is released with the next admission', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const { admit, release } = admissionsOf(database)
    const origins = [anOrigin(), anOrigin('contact')]
    for (let n = 0; n < 5; n += 1) {
      const request = aRequest(clinic, origins)
      expect(await admit(request)).toEqual({ kind: 'admitted' })
      release(request)
    }
  })

  test('the same reservation again takes no more room', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const { admit } = admissionsOf(database)
    const request = aRequest(clinic, [anOrigin()])
    for (let n = 0; n < 3; n += 1) expect(await admit(request)).toEqual({ kind: 'admitted' })
  })

  test('requests for one booking at the same time reserve once, also with others’ subjects', async ({ database }) => {
    const clinic = await aClinic(database)
    const { admit } = admissionsOf(database)
    const [shared, other] = [anOrigin(), anOrigin('contact')]
    const request = aRequest(clinic, [shared])
    const requests = [request, request, { ...request, origins: [shared, other] }, aRequest(clinic, [shared])]
    expect(await admittedOf(requests.map((each) => admit(each)))).toBe(4)
    const { rows } = await database.ownerPool.query<{ subject: string; bookings: number }>(sql`
      select subject, count(*)::integer as bookings
       from holdfast.booking_origin where clinic_no = ${clinic.no} group by subject`)
    expect(new Map(rows.map(({ subject, bookings }) => [subject, bookings]))).toEqual(
      new Map([
        [shared.subject, 2],
        [other.subject, 1],
      ]),
    )
  })

  test('one booking twice in one batch; negative control: it fails where both are written', async () => {
    const database = await anotherDatabase()
    const clinic = await aClinic(database)
    const twice = () => {
      const request = aRequest(clinic, [anOrigin()])
      return database.appPool.query(
        `select * from holdfast.admit_claims(array[$1, $1]::integer[], array[$2, $2]::uuid[],
           array[$3, $3]::uuid[], array[1, 1], array[true, true], array[1, 2], array['address', 'address'],
           array[$4, $4]::uuid[], '{}', '{}', '{}')`,
        [clinic.no, request.bookingId, request.key, request.origins[0]?.subject],
      )
    }
    expect((await twice()).rows).toEqual([{ exceeded: [null, null], maxima: [null, null] }])
    await plantFunction(database, 'admit_claims', {
      part: 'select distinct on (q.clinic_no, q.subject, q.booking_id) q.*',
      becomes: 'select q.*',
    })
    await expect(twice()).rejects.toThrow('cannot affect row a second time')
  })
})

/** An admission whose transaction stays open, as on another server. */
const openAdmission = (clinic: BuiltClinic, { subject, kind }: BookingOrigin) =>
  `select * from holdfast.admit_claims(array[${clinic.no}], array['${newId(clinic.no)}']::uuid[],
    array['${randomUUID()}']::uuid[], array[1], array[true], array[1], array['${kind}'], array['${subject}']::uuid[],
    '{}', '{}', '{}')`

/** Begins an admission on another server. @returns commits it */
async function begin(database: TestDatabase, clinic: BuiltClinic, origin: BookingOrigin): Promise<() => Promise<void>> {
  const client = await database.appPool.connect()
  await client.query('begin')
  await client.query(openAdmission(clinic, origin))
  return async () => {
    await client.query('commit')
    client.release()
  }
}

describe('reservations that another transaction is deleting', () => {
  /** Deletes the reservations of three origins that are near their limits, and claims for each before the commit. */
  async function whileDeleted(database: TestDatabase, statement: string) {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 2 })
    const origins = [anOrigin(), anOrigin(), anOrigin()]
    const createdAt = new Date(Date.now() - 40 * 86_400_000)
    const ids = [1, 2, 3].map(() => idAt(clinic.no, createdAt))
    await database.ownerPool.query(
      `insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
       select $1, subject, id, 'address', $4 from unnest($2::uuid[]) subject, unnest($3::uuid[]) id`,
      [clinic.no, origins.map(({ subject }) => subject), ids, createdAt],
    )
    const deletion = await holdLock(database.ownerPool, statement)
    const { rows } = await database.ownerPool.query(sql`select from holdfast.booking_origin
        where clinic_no = ${clinic.no} for update skip locked`)
    expect(rows).toEqual([])
    return { deletion, claims: origins.map((one) => admissionsOf(database).admit(aRequest(clinic, [one]))) }
  }

  const purge = `select holdfast.purge_outdated(5000)`
  test.for([
    { what: 'the purge of what is outdated', statement: purge },
    { what: 'an erasure of patients', statement: 'delete from holdfast.booking_origin' },
  ])('a claim does not wait for $what', async ({ statement }, { database }) => {
    const { deletion, claims } = await whileDeleted(database, statement)
    expect(await Promise.all(claims)).toEqual(Array(3).fill({ kind: 'admitted' }))
    await deletion.release()
  })

  test('negative control: claims that wait for locked reservations are found', async () => {
    const database = await anotherDatabase()
    await plantFunction(database, 'count_origins', { part: 'for update skip locked', becomes: 'for update' })
    const { deletion, claims } = await whileDeleted(database, purge)
    await deletion.releaseOnce(1)
    await Promise.all(claims)
  })
})

describe('two servers at the same time', () => {
  test('the second waits for the first, and sees what it admitted', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const origin = anOrigin()
    const commit = await begin(database, clinic, origin)
    const second = admissionsOf(database).admit(aRequest(clinic, [origin]))
    await untilLockWaiters(database, 1)
    await commit()
    expect(await second).toMatchObject({ kind: 'too_many_bookings' })
  })

  test('negative control: without the lock both are admitted', async () => {
    const database = await anotherDatabase()
    await plantFunction(database, 'admit_claims', {
      part: 'perform pg_advisory_xact_lock',
      becomes: 'perform num_nulls',
    })
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 1 })
    const origin = anOrigin()
    const commit = await begin(database, clinic, origin)
    expect(await admissionsOf(database).admit(aRequest(clinic, [origin]))).toEqual({ kind: 'admitted' })
    await commit()
  })

  test('four servers with a hundred claims each admit no more than the limit', async ({ database }) => {
    const { clinic } = await aLimitedClinic(database, { address_bookings_max: 17 })
    const origin = anOrigin()
    const servers = Array.from({ length: 4 }, () => admissionsOf(database))
    const outcomes = servers.flatMap(({ admit }) =>
      Array.from({ length: 100 }, () => admit(aRequest(clinic, [origin, anOrigin('contact')]))),
    )
    expect(await admittedOf(outcomes)).toBe(17)
  })
})

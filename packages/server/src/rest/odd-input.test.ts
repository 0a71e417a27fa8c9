// Nightly: generated input for each operation
import { type Operation, restOperations } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aMember, aSlot, type TestDatabase } from '@holdfast/testkit'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { OperationId, RestApp } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'

type Ids = Record<'clinicId' | 'doctorId' | 'slotId' | 'bookingId' | 'accountId' | 'roomId' | 'blockId', string>

const test = restTest
  .extend('invited', { scope: 'file', auto: true }, ({ rest }) => rest.anAccount({ email: 'a@example.org' }))
  // Another one in each test: for each request, all memberships of its account are read.
  .extend('site', ({ rest }) => rest.anAccount({ siteAdministrator: true }))
  .extend('ids', ({ database, site, rest }) => newIds(database, rest, site.id))

async function newIds(database: TestDatabase, { engine }: RestApp, accountId: string): Promise<Ids> {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 1_000_000 })
  const booking = await aBooking(database, slot)
  await aMember(database, clinic, { role: 'admin', accountId })
  await aMember(database, clinic, { role: 'admin' })
  const room = { name: 'OR', site: null, turnoverMinutes: 0, hours: null }
  const created = await engine.theatre.createRoom(clinic.no, room, null)
  const roomId = created.kind === 'done' ? created.value.id : ''
  const ids = { clinicId: clinic.id, doctorId: doctor.id, slotId: slot.id, bookingId: booking.id, accountId }
  return { ...ids, roomId, blockId: newId(clinic.no) }
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

// A slot must not be in the past.
const day = (ahead: number) => Temporal.Now.plainDateISO('UTC').add({ days: ahead }).toString()

const rule = {
  from: day(40),
  to: day(41),
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  startTime: '09:00',
  endTime: '10:00',
  slotMinutes: 30,
  breaks: [{ startTime: '09:15', endTime: '09:30' }],
  capacity: 2,
}

/** Good bodies, to be spoiled in one place each. */
const bodies: Partial<Record<OperationId, (ids: Ids) => Json>> = {
  createClinic: () => ({ name: 'C', timezone: 'UTC', address: 'A', phone: '1', settings: { holdSeconds: 60 } }),
  updateClinic: () => ({ name: 'C', timezone: 'UTC', settings: { bookingHorizonDays: 30 } }),
  createDoctor: (ids) => ({
    clinicId: ids.clinicId,
    name: 'D',
    specialization: 'S',
    experienceYears: 1,
    rating: 4.5,
    languages: ['en'],
    fee: { amount: 100, currency: 'EUR' },
    appointmentTypes: ['video'],
  }),
  updateDoctor: () => ({
    name: 'D',
    specialization: 'S',
    rating: 1,
    fee: { amount: 1, currency: 'EUR' },
    active: true,
  }),
  createSlots: () => ({
    rule,
    slots: [{ startsAt: `${day(40)}T09:00:00Z`, endsAt: `${day(40)}T09:30:00Z`, capacity: 1 }],
  }),
  createBooking: (ids) => ({
    slotId: ids.slotId,
    units: 1,
    patient: { name: 'A', email: 'a@example.org', phone: '1' },
    appointmentType: 'in_person',
    reason: 'R',
    confirm: true,
  }),
  cancelBooking: () => ({ reason: 'R' }),
  rescheduleBooking: (ids) => ({ slotId: ids.slotId }),
  changeMember: (ids) => ({ role: 'doctor', doctorId: ids.doctorId }),
  createInvitation: (ids) => ({ email: 'a@example.org', role: 'doctor', doctorId: ids.doctorId }),
  createRoom: () => ({
    name: 'OR',
    site: 'East',
    turnoverMinutes: 10,
    hours: [{ weekday: 1, from: '07:00', to: '24:00' }],
  }),
  createTheatreStaff: () => ({ name: 'S', profession: 'surgeon', preferredEquipmentIds: [] }),
  createEquipment: () => ({ name: 'E', units: 2, reprocessingMinutes: 10 }),
  createBlocks: (ids) => ({
    roomId: ids.roomId,
    service: 'S',
    surgeonId: ids.doctorId,
    minutes: 60,
    releaseDays: 7,
    rule: {
      from: day(40),
      to: day(60),
      weekdays: [1, 2],
      weeksOfMonth: [1, -1],
      startTime: '07:00',
      endTime: '15:00',
      exceptDates: [day(45)],
    },
  }),
  checkCase: (ids) => newCase(ids),
  createCaseRequest: (ids) => ({
    patient: { mrn: 'M', name: 'N', birthDate: '2000-01-01' },
    service: 'S',
    procedure: { code: '1', display: 'P' },
    minutes: 60,
    urgency: 'urgent',
    dueOn: day(50),
    roomId: ids.roomId,
    surgeonId: ids.doctorId,
    staffIds: [],
    equipment: [],
    note: 'N',
  }),
  suggestCaseTimes: (ids) => ({
    needs: { minutes: 60, service: 'S', surgeonId: ids.doctorId, staffIds: [], equipment: [], mrn: 'M' },
    roomIds: [ids.roomId],
    from: day(40),
    to: day(41),
    limit: 2,
    stepMinutes: 30,
  }),
}

const newCase = (ids: Ids): Json => ({
  clinicId: ids.clinicId,
  roomId: ids.roomId,
  startsAt: `${day(40)}T09:00:00Z`,
  minutes: 60,
  surgeonId: ids.doctorId,
  staffIds: [],
  equipment: [],
  patient: { mrn: 'M', name: 'N', birthDate: '2000-01-01' },
  service: 'S',
  procedure: { code: '1', display: 'P' },
  urgency: 'urgent',
  override: { rules: ['outside_hours'], reason: 'R' },
  confirm: true,
})

const odd = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '%',
    "'; --",
    'NaN',
    -1,
    0,
    1e9,
    1e308,
    -0.5,
    2 ** 31,
    2 ** 53,
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '2027-01-04T09:00:00+23:59',
    '1900-01-01',
    '2199-12-31',
    '24:00',
    'Etc/GMT+12',
    'EST5EDT',
    'x'.repeat(300),
    'a@b.co',
    [],
    {},
    [[]],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
)

/** The paths of everything in a value, itself too. */
function places(value: Json, path: string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...path, name]))]
}

function spoiled(value: Json, [name, ...deeper]: string[], replacement: Json): Json {
  if (name === undefined) return replacement
  if (Array.isArray(value))
    return value.map((one, index) => (String(index) === name ? spoiled(one, deeper, replacement) : one))
  if (value === null || typeof value !== 'object' || !(name in value)) return value
  return { ...value, [name]: spoiled(value[name] ?? null, deeper, replacement) }
}

const operationIds = Object.keys(restOperations) as OperationId[]

test.for(Object.keys(bodies) as OperationId[])(
  '%s responds to every odd body according to the contract, never with 5xx',
  async (id, { rest, site, ids }) => {
    const good = bodies[id]?.(ids) ?? null
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places(good)), odd, fc.boolean(), async (place, value, dropsRule) => {
        const body = spoiled(good, place, value)
        // slots and rule exclude each other: each is tried without the other.
        if (id === 'createSlots' && typeof body === 'object' && body !== null && !Array.isArray(body)) {
          delete body[dropsRule ? 'rule' : 'slots']
        }
        const query = id === 'createSlots' || id === 'createBlocks' ? { dryRun: true } : {}
        const reply = await rest.call(id, { path: ids, body, query, as: site })
        statuses.add(reply.status)
        expect(reply.status).toBeLessThan(500)
        expect(rest.violations.splice(0)).toEqual([])
      }),
      {
        numRuns: 150,
        // Nothing spoiled comes first: the body was good.
        examples: [
          [['no such place'], null, false],
          [[], null, true],
        ],
      },
    )
    expect(Math.min(...statuses), 'a good body is accepted').toBeLessThan(300)
    expect(statuses, 'an odd one is refused').toContain(400)
  },
)

test.for(operationIds.filter((id) => 'query' in restOperations[id]))(
  '%s responds to every odd query according to the contract, never with 5xx',
  async (id, { rest, site, ids }) => {
    const operation: Operation = restOperations[id]
    const names = Object.keys(operation.query?.properties ?? {})
    // Nothing here may really withdraw.
    const base = names.includes('dryRun') ? { dryRun: 'true' } : {}
    const texts = fc.oneof(odd.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names, 'other'), texts, { maxKeys: 4 }), async (values) => {
        const days = names.includes('from') ? { from: '2026-11-01', to: '2026-11-30' } : {}
        const query = Object.fromEntries(
          Object.entries({ ...days, ...values, ...base }).map(([name, value]) => [name, value.toWellFormed()]),
        )
        const reply = await rest.call(id, {
          path: ids,
          query,
          as: site,
          ...(bodies[id] ? { body: bodies[id](ids) } : {}),
        })
        expect(reply.status).toBeLessThan(500)
        expect(rest.violations.splice(0)).toEqual([])
      }),
      { numRuns: 100 },
    )
  },
)

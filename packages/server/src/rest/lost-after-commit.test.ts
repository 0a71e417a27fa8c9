import { randomUUID } from 'node:crypto'
import { createEngine, DatabaseUnavailable } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltClinic, type TestDatabase } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect } from 'vitest'
import { type RestApp, startRestApp } from '../../test/rest-app.ts'
import { aTheatre, theatreTime } from '../../test/theatre-scene.ts'

/** Sends a request that has not been sent yet. */
type Send = () => Promise<{ status: number; problem: { detail: string } }>

const dayMs = 86_400_000
const queriesMax = 30
/** How long what is done in batches is tried again. */
const quickly = { waitMsMax: 300, unknownMsMax: 300 }

/** A pool whose server takes no more queries once `left` are used up, as one that is starting again (57P03). */
function limitedPool(pool: pg.Pool) {
  const budget = { left: Number.POSITIVE_INFINITY }
  const spend = () => {
    if (budget.left <= 0) throw Object.assign(new pg.DatabaseError('starting up', 0, 'error'), { code: '57P03' })
    budget.left -= 1
  }
  const limited = <Target extends object>(target: Target, replaced: Partial<Target>): Target =>
    new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(of, name)
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
  const queryOf = (target: pg.Pool | pg.PoolClient) =>
    (async (...query: [string | { text: string }, ...never[]]) => {
      const text = typeof query[0] === 'string' ? query[0] : query[0].text
      if (!/^rollback/i.test(text)) spend()
      return target.query(...(query as [string]))
    }) as pg.Pool['query']
  const connect = async () => {
    if (budget.left <= 0) spend()
    const client = await pool.connect()
    return limited(client, { query: queryOf(client) } as Partial<pg.PoolClient>)
  }
  return { budget, pool: limited(pool, { query: queryOf(pool), connect } as Partial<pg.Pool>) }
}

/** A digest of each table that a request may change. Reservations and stored responses are of no consequence. */
async function contentOf({ ownerPool }: TestDatabase): Promise<Record<string, string>> {
  const { rows: tables } = await ownerPool.query<{ name: string }>(`
    select relname as name from pg_class
     where relnamespace = 'holdfast'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname not in ('answer', 'booking_origin')`)
  const digests = tables.map(
    ({ name }) =>
      `(select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from holdfast.${name} t) as ${name}`,
  )
  const { rows } = await ownerPool.query(`select ${digests.join(', ')}`)
  return rows[0]
}

const test = databaseTest.extend('scene', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const { budget, pool } = limitedPool(database.appPool)
  const engine = createEngine({ batchPool: pool, generalPool: pool, ...quickly })
  const served = { appPool: pool, ownerPool: database.ownerPool }
  const rest = await startRestApp(served, { sendsMails: true, replaced: { engine } })
  onCleanup(async () => {
    await rest.stop()
    await engine.stop()
  })
  return sceneOf(database, rest, budget)
})

type Scene = Awaited<ReturnType<typeof sceneOf>>

async function sceneOf(database: TestDatabase, rest: RestApp, budget: { left: number }) {
  const theatre = await aTheatre(database, rest)
  return { database, rest, budget, theatre, ...appointmentsOf(database, rest, theatre.clinic), ...timesOf() }
}

/** Hours that no other case of this file takes. */
function timesOf() {
  let hours = 0
  const aTime = () => {
    hours += 1
    return theatreTime(`${String(6 + (hours % 15)).padStart(2, '0')}:00`, Math.floor(hours / 15))
  }
  return { aTime }
}

function appointmentsOf(database: TestDatabase, rest: RestApp, clinic: BuiltClinic) {
  const aVisit = async () => {
    const doctor = await aDoctor(database, clinic)
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3 * dayMs) })
    const booking = await aBooking(database, slot)
    const path = { bookingId: booking.id }
    return { doctor, slot, booking, path, token: rest.manageTokens.issue(booking.id) }
  }
  /** Of somebody who waits for a doctor, all of whose times are taken. */
  const anEntry = async () => {
    const { doctor, slot, path, token } = await aVisit()
    const day = slot.startsAt.toISOString().slice(0, 10)
    const patient = { name: 'Grace Hopper', email: `${randomUUID()}@example.org` }
    const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
    return { body, cancel: () => rest.call('cancelBooking', { path, token }) }
  }
  return { aVisit, anEntry }
}

type Prepare = (scene: Scene) => Promise<Send>

const operations: Record<string, Prepare> = {
  createBooking: async ({ rest, database, theatre }) => {
    const slot = await aSlot(database, await aDoctor(database, theatre.clinic))
    return () => rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'A' }, confirm: true } })
  },
  cancelBooking: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    return () => rest.call('cancelBooking', { path, token, key: randomUUID() })
  },
  confirmAttendance: async ({ rest, aVisit }) => {
    const { path, token, slot } = await aVisit()
    return () => rest.call('confirmAttendance', { path, token, key: randomUUID(), body: { slotId: slot.id } })
  },
  rescheduleBooking: async ({ rest, database, aVisit }) => {
    const { path, token, doctor } = await aVisit()
    const { id: slotId } = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 4 * dayMs) })
    return () => rest.call('rescheduleBooking', { path, token, key: randomUUID(), body: { slotId } })
  },
  linkBooking: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    const as = rest.anAccount()
    return () => rest.call('linkBooking', { path, as, key: randomUUID(), body: { manageToken: token } })
  },
  renewManageToken: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    return () => rest.call('renewManageToken', { path, token })
  },
  'confirmBooking by link': async ({ rest, database }) => {
    const clinic = await aClinic(database)
    const slot = await aSlot(database, await aDoctor(database, clinic))
    await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 15 })
    const { body: booking } = await rest.call('createBooking', { body: { slotId: slot.id } })
    const body = { patient: { name: 'Ada', email: 'ada@example.org' } }
    const token = booking.manageToken ?? ''
    return () => rest.call('confirmBooking', { path: { bookingId: booking.id }, token, body })
  },
  erasePatient: async ({ rest, aVisit, theatre }) => {
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    return () => rest.call('erasePatient', { path, as: theatre.admin, body: {} })
  },
  withdrawSlot: async ({ rest, aVisit, theatre }) => {
    const { slot } = await aVisit()
    const query = { withBookings: true }
    return () => rest.call('withdrawSlot', { path: { slotId: slot.id }, as: theatre.admin, query })
  },
  createWaitlistEntry: async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    return () => rest.call('createWaitlistEntry', { body })
  },
  'leaveWaitlist with an offer': async ({ rest, anEntry }) => {
    const { body, cancel } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    await cancel()
    return () => rest.call('leaveWaitlist', { path: { entryId: entry.id }, token: entry.manageToken })
  },
  setMyMessageChoices: async ({ rest }) => {
    const as = rest.anAccount()
    const body = { reminderEmails: false, smsKindsOff: [], language: 'de' }
    return () => rest.call('setMyMessageChoices', { as, body })
  },
  updateMessageSettings: async ({ rest, theatre: { path, admin } }) => {
    return () => rest.call('updateMessageSettings', { path, as: admin, body: { textBefore: randomUUID() } })
  },
  updateClinic: async ({ rest, theatre: { path, admin } }) => {
    return () => rest.call('updateClinic', { path, as: admin, body: { name: `Clinic ${randomUUID()}` } })
  },
  createInvitation: async ({ rest, theatre: { path, admin } }) => {
    const body = { email: `${randomUUID()}@example.org`, role: 'staff' }
    return () => rest.call('createInvitation', { path, as: admin, body })
  },
  createDoctor: async ({ rest, theatre: { clinic, admin } }) => {
    const body = { clinicId: clinic.id, name: 'Dr', specialization: 'Cardiology', appointmentTypes: ['in_person'] }
    return () => rest.call('createDoctor', { as: admin, body })
  },
  updateDoctor: async ({ rest, database, theatre: { clinic, admin } }) => {
    const { id: doctorId } = await aDoctor(database, clinic)
    return () => rest.call('updateDoctor', { path: { doctorId }, as: admin, body: { active: false } })
  },
  createRoom: async ({ rest, theatre: { path, admin } }) => {
    return () => rest.call('createRoom', { path, as: admin, body: { name: `OR ${randomUUID().slice(0, 8)}` } })
  },
  createWebhook: async ({ rest, theatre: { path, admin } }) => {
    const body = { url: 'https://example.org/hook', events: ['booking.confirmed'] }
    return () => rest.call('createWebhook', { path, as: admin, body })
  },
  createCase: async ({ theatre, aTime }) => {
    const startsAt = aTime()
    return () => theatre.book({ startsAt, minutes: 30 })
  },
  'createCase with a bump': async ({ theatre, aTime }) => {
    const startsAt = aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const bump = { caseIds: [elective.id], reason: 'Bleeding' }
    return () => theatre.book({ startsAt, minutes: 30, urgency: 'immediate', bump })
  },
  moveCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const startsAt = aTime()
    return () => rest.call('moveCase', { path: { caseId: elective.id }, as: theatre.staff, body: { startsAt } })
  },
  swapCases: async ({ rest, theatre, aTime }) => {
    const { body: one } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const { body: other } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const body = { caseId: other.id }
    return () => rest.call('swapCases', { path: { caseId: one.id }, as: theatre.staff, body })
  },
  extendCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const body = { expectedEndsAt: new Date(Date.parse(elective.endsAt) + 600_000).toISOString() }
    return () => rest.call('extendCase', { path: { caseId: elective.id }, as: theatre.staff, body })
  },
  changeBlock: async ({ rest, theatre: { path, admin, roomTwo }, aTime }) => {
    const from = aTime()
    const to = new Date(Date.parse(from) + 3_000_000).toISOString()
    const body = { roomId: roomTwo.id, service: 'Orthopaedics', from, to }
    const { body: created } = await rest.call('createBlocks', { path, as: admin, body })
    const blockId = created.items[0]?.blockId ?? ''
    return () => rest.call('changeBlock', { path: { ...path, blockId }, as: admin, body: { action: 'release' } })
  },
  createCaseRequest: async ({ rest, theatre }) => {
    const { path, staff, newCase } = theatre
    const { patient, procedure, surgeonId } = newCase()
    const body = { service: 'Orthopaedics', procedure, minutes: 30, surgeonId, patient }
    return () => rest.call('createCaseRequest', { path, as: staff, body })
  },
}

/**
 * Sends the request again and again, each time to a database that takes one query more before it takes none.
 *
 * @returns the responses that deny what the request has changed, and how often it failed
 */
async function sweep(scene: Scene, prepare: Prepare): Promise<{ denied: string[]; failures: number }> {
  const { budget, database } = scene
  const denied: string[] = []
  for (let queries = 0; queries <= queriesMax; queries += 1) {
    const send = await prepare(scene)
    const before = await contentOf(database)
    budget.left = queries
    const response = await send().finally(() => {
      budget.left = Number.POSITIVE_INFINITY
    })
    if (response.status < 400) return { denied, failures: queries }
    const { detail } = response.problem
    if (response.status < 500) throw new Error(detail)
    const after = await contentOf(database)
    const changed = Object.keys(after).filter((table) => after[table] !== before[table])
    if (changed.length > 0 && !/unknown/.test(detail)) denied.push(`${queries} queries: ${detail} (${changed})`)
  }
  throw new Error(`Not answered with ${queriesMax} queries.`)
}

test.for(Object.keys(operations))(
  '%s: no response says that nothing was written, but something was',
  async (name, { scene }) => {
    const { denied, failures } = await sweep(scene, operations[name] as Prepare)
    expect(denied).toEqual([])
    expect(failures).toBeGreaterThan(0)
  },
)

test('negative control: a failure after the commit that is not told from one before it is found', async ({ scene }) => {
  const { rest, database, aVisit, theatre } = scene
  const lost = new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause: null })
  const ofBooking: typeof rest.engine.erasures.ofBooking = async (request) => {
    await rest.engine.erasures.ofBooking(request)
    throw lost
  }
  const engine = { ...rest.engine, erasures: { ...rest.engine.erasures, ofBooking } }
  const planted = await startRestApp(database, { replaced: { engine } })
  try {
    const admin = planted.anAccount(theatre.admin)
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    const before = await contentOf(database)
    const { problem } = await planted.call('erasePatient', { path, as: admin, body: {} })
    expect(problem.detail).not.toMatch(/unknown/)
    expect(await contentOf(database)).not.toEqual(before)
  } finally {
    await planted.stop()
  }
})

test('an erasure whose response was lost is in the security log once', async ({ scene }) => {
  const { rest, budget, aVisit, theatre } = scene
  for (let queries = 1; queries <= queriesMax; queries += 1) {
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    rest.audited.length = 0
    const erase = () => rest.call('erasePatient', { path, as: theatre.admin, body: {}, key: `erase ${queries}` })
    budget.left = queries
    const first = await erase()
    budget.left = Number.POSITIVE_INFINITY
    const again = first.status < 400 ? first : await erase()
    expect(again.status).toBe(200)
    expect(rest.audited.filter(({ kind }) => kind === 'patients_erased')).toHaveLength(1)
    if (first.status < 400) return
  }
  throw new Error('The erasure did not end.')
})

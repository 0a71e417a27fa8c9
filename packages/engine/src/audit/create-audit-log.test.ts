import { randomUUID } from 'node:crypto'
import { aClinic, aMember, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, freshDatabaseTest as freshTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { AuditEventsQuery, NewAuditEvent } from '../model/audit-event.ts'
import { createAuditLog } from './create-audit-log.ts'
import { purgeAuditEvents } from './purge-audit-events.ts'
import { sealAuditEvents } from './seal-audit-events.ts'
import { storeAuditMonths } from './store-audit-months.ts'

function anEvent(event: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    kind: 'clinic_changed',
    clinicNo: 0,
    actorKind: 'system',
    actorId: null,
    subjectId: null,
    network: null,
    details: [],
    count: 1,
    ageMs: 0,
    ...event,
  }
}

function aQuery(query: Partial<AuditEventsQuery> = {}): AuditEventsQuery {
  const all = { clinicNo: null, onlyWithoutFactor: false, kind: null, accountId: null, from: null, to: null }
  return { ...all, limit: 50, cursor: null, ...query }
}

test('a transaction that is held open adds nothing to the time before it appends', async ({ database, clinic }) => {
  const client = await database.appPool.connect()
  try {
    await client.query('begin; select now()')
    const { rows: times } = await client.query<{ before: string }>('select clock_timestamp()::text as before')
    const event = JSON.stringify([anEvent({ clinicNo: clinic.no })])
    await client.query('select holdfast.append_audit_events($1)', [event])
    await client.query('commit')
    const { rows } = await client.query(sql`select at >= ${times[0]?.before}::timestamptz as "isLater"
        from holdfast.audit_event where clinic_no = ${clinic.no}`)
    expect(rows).toEqual([{ isLater: true }])
  } finally {
    client.release()
  }
})

test('an event is read as it was appended, with the database’s time minus its age', async ({ database }) => {
  const log = createAuditLog(database.appPool)
  const clinic = await aClinic(database, { name: 'Hill Clinic' })
  const [actorId, subjectId] = [randomUUID(), randomUUID()]
  const stored = { kind: 'role_changed', actorId, subjectId, network: '203.0.113.0/24', details: ['admin'], count: 3 }
  const before = await now(database)
  await log.append([anEvent({ ...stored, clinicNo: clinic.no, actorKind: 'account', ageMs: 60_000 })])
  const { items } = await log.events(aQuery({ clinicNo: clinic.no }))
  expect(items).toEqual([
    {
      ...stored,
      id: expect.stringMatching(/^\d+$/),
      at: expect.any(Date),
      actorKind: 'account',
      clinicId: clinic.id,
      clinicName: 'Hill Clinic',
      subjects: [],
      epoch: null,
      no: null,
      hash: null,
    },
  ])
  const secondsAgo = (before.getTime() - (items[0]?.at.getTime() ?? 0)) / 1000
  expect(secondsAgo).toBeGreaterThan(50)
  expect(secondsAgo).toBeLessThan(61)
})

test('the events of a batch are as far apart as their ages', async ({ database }) => {
  const log = createAuditLog(database.appPool)
  const clinic = await aClinic(database)
  // The later ones were recorded first, as repetitions are.
  const ages = Array.from({ length: 500 }, (_, nth) => nth)
  await log.append(ages.map((ageMs) => anEvent({ clinicNo: clinic.no, ageMs, details: [String(ageMs)] })))
  const { rows } = await database.ownerPool.query<{ details: string[]; ms: number }>(sql`
    select details, (extract(epoch from max(at) over () - at) * 1000)::float8 as ms
     from holdfast.audit_event where clinic_no = ${clinic.no} order by seq`)
  expect(rows).toEqual(ages.toReversed().map((ms) => ({ details: [String(ms)], ms })))
})

test('accounts with a role are members and site administrators', async ({ database }) => {
  const [member, administrator, patient] = [randomUUID(), randomUUID(), randomUUID()]
  await aMember(database, await aClinic(database), { accountId: member, role: 'staff', doctorId: null })
  await database.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [administrator])
  const found = await createAuditLog(database.appPool).withRole([member, administrator, patient])
  expect(found).toEqual(new Set([member, administrator]))
})

test('events of an account without a clinic belong to all clinics of its roles, else to none', async ({ database }) => {
  const log = createAuditLog(database.appPool)
  const clinics = [await aClinic(database), await aClinic(database)]
  const [member, patient] = [randomUUID(), randomUUID()]
  for (const clinic of clinics) await aMember(database, clinic, { accountId: member, role: 'staff', doctorId: null })
  await log.append([
    anEvent({ kind: 'sign_in', clinicNo: null, actorKind: 'account', actorId: member }),
    anEvent({ kind: 'sign_in_failed', clinicNo: null, actorKind: 'nobody', subjectId: member }),
    anEvent({ kind: 'sign_in', clinicNo: null, actorKind: 'account', actorId: patient }),
  ])
  for (const clinic of clinics) {
    const { items } = await log.events(aQuery({ clinicNo: clinic.no }))
    expect(items.map(({ kind }) => kind).sort()).toEqual(['sign_in', 'sign_in_failed'])
  }
  const ofPatient = await log.events(aQuery({ accountId: patient }))
  expect(ofPatient.items.map(({ clinicId }) => clinicId)).toEqual([null])
  expect((await log.events(aQuery({ accountId: member }))).items).toHaveLength(4)
})

test('10,000 events are paged newest first, each once, by kind, person and day', async ({ database }) => {
  const log = createAuditLog(database.appPool)
  const clinic = await aClinic(database)
  const actorId = randomUUID()
  await database.ownerPool.query(sql`
    insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, details)
     select ${clinic.no}, timestamptz '2026-03-01 00:00Z' + n / 2 * interval '1 minute',
            case when n % 100 = 0 then 'denied' else 'bookings_read' end, 1, 'account',
            case when n % 50 = 0 then ${actorId}::uuid else gen_random_uuid() end, '{}'
       from generate_series(0, 9999) n`)
  const read = async (query: Partial<AuditEventsQuery>) => {
    const found = []
    for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      const page = await log.events(aQuery({ clinicNo: clinic.no, limit: 500, ...query, cursor }))
      found.push(...page.items)
      cursor = page.nextCursor
    }
    return found
  }
  const all = await read({})
  expect(new Set(all.map(({ id }) => id)).size).toBe(10_000)
  const order = all.map(({ at, id }) => at.getTime() * 1e6 + Number(id))
  expect(order).toEqual([...order].sort((a, b) => b - a))
  expect(await read({ kind: 'denied' })).toHaveLength(100)
  expect(await read({ accountId: actorId })).toHaveLength(200)
  const day = { from: new Date('2026-03-02T00:00Z'), to: new Date('2026-03-03T00:00Z') }
  expect(await read(day)).toHaveLength(2 * 24 * 60)
  expect(await read({ clinicNo: clinic.no + 1_000 })).toEqual([])
})

test('a whole address or an unknown actor is refused by the table itself', async ({ database }) => {
  const log = createAuditLog(database.appPool)
  await expect(log.append([anEvent({ network: '203.0.113.7/32' })])).rejects.toThrow(/check constraint/)
  await expect(log.append([anEvent({ network: '2001:db8::/64' })])).rejects.toThrow(/check constraint/)
  await expect(log.append([anEvent({ actorKind: 'account' })])).rejects.toThrow(/check constraint/)
  await expect(log.append([anEvent({ kind: 'a@example.org' })])).rejects.toThrow(/check constraint/)
})

/** What the application's role may do to the security log besides reading it. */
async function excessive(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ privilege: string }>(`
    select p.name as privilege from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
             p (name)
     where has_table_privilege('holdfast_app', 'holdfast.audit_event', p.name)
        or p.name in ('INSERT', 'UPDATE', 'REFERENCES')
           and has_any_column_privilege('holdfast_app', 'holdfast.audit_event', p.name)`)
  return rows.map(({ privilege }) => privilege)
}

test('the application may only read the log, and add to it by a function', async ({ database }) => {
  expect(await excessive(database)).toEqual([])
  await createAuditLog(database.appPool).append([anEvent()])
  for (const statement of [
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     values (0, now() - interval '3 days', 'sign_in', 1, 'nobody', '{}')`,
    `update holdfast.audit_event set kind = 'x'`,
    'delete from holdfast.audit_event',
    'truncate holdfast.audit_event',
  ]) {
    // The table is a view in a shard.
    await expect(database.appPool.query(statement)).rejects.toThrow(/permission denied|is not a table/)
  }
})

test.for(['insert (details)', 'update (details)', 'delete', 'truncate'])(
  'negative control: %s that was granted is found',
  async (planted) => {
    const database = await anotherDatabase()
    await database.ownerPool.query(`grant ${planted} on holdfast.audit_event to holdfast_app`)
    expect(await excessive(database)).toEqual([planted.split(' ')[0]?.toUpperCase()])
  },
)

/** Events of so many days ago, and how many are left of them. */
async function oldEvents(database: TestDatabase, days: readonly number[]) {
  const clinic = await aClinic(database)
  await database.ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now() - d * interval '1 day', 'sign_in', 1, 'nobody', '{}' from unnest($2::int[]) d`,
    [clinic.no, days],
  )
  await sealAuditEvents(database.appPool)
  const signIns = aQuery({ clinicNo: clinic.no, kind: 'sign_in' })
  return async () => (await createAuditLog(database.appPool).events(signIns)).items.length
}

freshTest('old events are deleted: those that are older than the owner has said', async ({ database }) => {
  const left = await oldEvents(database, [1, 27, 40, 300, 400, 800])
  await storeAuditMonths(database.ownerUrl, 12)
  expect(await purgeAuditEvents(database.appPool, 24)).toBe(1)
  expect(await left()).toBe(5)
  // The application's login can delete no others.
  expect(await purgeAuditEvents(database.appPool, 1)).toBe(1)
  expect(await left()).toBe(4)
  await expect(database.appPool.query('update holdfast.audit_retention set months = 1')).rejects.toThrow(
    'permission denied',
  )
  await storeAuditMonths(database.ownerUrl, 1)
  expect(await purgeAuditEvents(database.appPool, 1)).toBe(2)
  for (const months of [0, -1200, 1201, null]) {
    const purging = database.appPool.query('select holdfast.purge_audit_events($1, 100)', [months])
    await expect(purging, String(months)).rejects.toMatchObject({ code: '22023' })
  }
})

freshTest('negative control: without the owner’s period, younger events are deleted', async ({ database }) => {
  const left = await oldEvents(database, [1, 40, 300])
  await storeAuditMonths(database.ownerUrl, 12)
  await plantFunction(database, 'purge_audit_events', { part: 'select r.months from', becomes: 'select 0 from' })
  expect(await purgeAuditEvents(database.appPool, 1)).toBe(2)
  expect(await left()).toBe(1)
})

const append = (database: TestDatabase, ageMs: number | null) =>
  database.appPool.query('select holdfast.append_audit_events($1)', [JSON.stringify([{ ...anEvent(), ageMs }])])

test('an event cannot be added to another day: its time is the database’s', async ({ database }) => {
  const dayMs = 86_400_000
  for (const ageMs of [dayMs + 1, -1, null]) {
    await expect(append(database, ageMs), String(ageMs)).rejects.toMatchObject({ code: '22023' })
  }
  await append(database, dayMs)
  // One that has waited for longer is not lost.
  const clinic = await aClinic(database)
  const log = createAuditLog(database.appPool)
  await log.append([anEvent({ clinicNo: clinic.no, ageMs: 3 * dayMs })])
  const [event] = (await log.events(aQuery({ clinicNo: clinic.no }))).items
  expect(((await now(database)).getTime() - (event?.at.getTime() ?? 0)) / dayMs).toBeCloseTo(1, 1)
})

freshTest('negative control: without the limit, an event is added to another day', async ({ database }) => {
  await plantFunction(database, 'append_audit_events', { part: ' between 0 and c_age_max', becomes: ' is not null' })
  await append(database, 400 * 86_400_000)
  const { rows } = await database.ownerPool.query(`select from holdfast.audit_event
      where at < now() - interval '399 days'`)
  expect(rows).toHaveLength(1)
})

async function now({ ownerPool }: TestDatabase): Promise<Date> {
  const { rows } = await ownerPool.query<{ now: Date }>('select clock_timestamp() as now')
  return rows[0]?.now ?? new Date(Number.NaN)
}

import { clinicNoOf, createEngine, type Engine } from '@holdfast/engine'
import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createDemoData, type Demo } from './demo-data.ts'

async function withEngine<Result>(database: TestDatabase, use: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  try {
    return await use(engine)
  } finally {
    await engine.stop()
  }
}

const optionsOf = ({ ownerUrl }: TestDatabase, demo: Demo) => ({ ownerUrl, demo, sendsMails: false })

const anyDoctor = {
  specialization: null,
  q: null,
  appointmentType: null,
  includeInactive: false,
  sort: 'name',
  limit: 100,
  cursor: null,
} as const

async function clinicsOf(engine: Engine) {
  return (await engine.directory.clinics({ q: null, limit: 100, cursor: null })).items
}

test('a full demo has bookings in every state, and a theatre; a second start adds nothing', async ({ database }) => {
  await withEngine(database, async (engine) => {
    await createDemoData({ engine, engineOf: () => engine }, optionsOf(database, 'full'))
    const counted = `select status, failure_reason, count(*)::integer as n, count(distinct resource_id) as doctors
                       from holdfast.booking
                      group by 1, 2 order by 1, 2`
    const { rows } = await database.ownerPool.query(counted)
    const states = new Set(rows.map(({ status, failure_reason: reason }) => [status, reason].filter(Boolean).join(' ')))
    expect(states).toEqual(
      new Set([
        'ARRIVED',
        'CANCELLED',
        'CANCELLED hold_released',
        'COMPLETED',
        'CONFIRMED',
        'FAILED slot_withdrawn',
        'NO_SHOW',
        'PENDING',
      ]),
    )
    const confirmed = rows.find(({ status }) => status === 'CONFIRMED')
    expect(confirmed.n).toBeGreaterThan(100)
    expect(Number(confirmed.doctors)).toBeGreaterThanOrEqual(6)
    const [clinic] = await clinicsOf(engine)
    const clinicNo = clinicNoOf(clinic?.id ?? '')
    const report = await engine.reads.verify({ clinicNo, detailsMax: 10 })
    expect(report).toMatchObject({ overbooked: 0, mismatches: 0 })
    const { items: doctors } = await engine.directory.doctors({ ...anyDoctor, clinicId: clinic?.id ?? null })
    expect(doctors.filter(({ hasOpenSessions }) => hasOpenSessions)).toHaveLength(1)
    expect(await engine.directory.visitTypes(clinicNo)).toHaveLength(4)
    const rooms = await engine.theatre.rooms(clinicNo)
    expect(rooms).toHaveLength(3)
    // Otherwise times at night are suggested.
    const daysOf = (room: (typeof rooms)[number]) => new Set(room.hours?.map(({ weekday }) => weekday)).size
    expect(rooms.map(daysOf)).toEqual([7, 7, 7])
    const { rows: cases } = await database.ownerPool.query('select booking_id from holdfast.theatre_case')
    expect(cases).toHaveLength(8)
    // Whatever the time is: one case is in progress since its start, and no other should have begun.
    const { rows: begun } = await database.ownerPool.query(`
      select m.at = c.starts_at as punctual, c.expected_ends_at > c.ends_at as longer
        from holdfast.theatre_case c
        left join holdfast.case_milestone m
          on m.clinic_no = c.clinic_no and m.booking_id = c.booking_id and m.milestone = 'in_room'
       where m.at is not null or c.starts_at < now()`)
    expect(begun).toEqual([{ punctual: true, longer: true }])
    expect(await engine.theatre.caseRequests({ clinicNo, status: 'open' })).toHaveLength(3)
    // Whatever the time is: nothing at an odd minute, one session in progress, and no visit of the past is undecided.
    const { rows: ofDoctors } = await database.ownerPool.query<Record<string, number>>(`
      select count(*) filter (where s.starts_at < now() and s.ends_at > s.created_at
                                and r.specialization = 'Urgent care')::integer as sessions,
             count(*) filter (where s.starts_at > now() + interval '16 days')::integer as ahead,
             count(*) filter (where s.ends_at < now() and exists (
               select from holdfast.booking b where b.clinic_no = s.clinic_no and b.slot_id = s.id
                                                and b.status in ('CONFIRMED', 'PENDING')))::integer as undecided,
             count(*) filter (where extract(epoch from s.starts_at)::bigint % 300 <> 0)::integer as odd
        from holdfast.slot s join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
       where r.specialization is not null`)
    expect(ofDoctors).toEqual([{ sessions: 1, ahead: 0, undecided: 0, odd: 0 }])
    const { rows: shown } = await database.ownerPool.query(`
      select (select count(*)::integer from holdfast.waitlist_entry where ended_at is null) as waiting,
             (select array_agg(name) from holdfast.log_receiver) as receivers`)
    expect(shown).toEqual([{ waiting: 4, receivers: ['email'] }])
    await createDemoData({ engine, engineOf: () => engine }, optionsOf(database, 'full'))
    expect((await database.ownerPool.query(counted)).rows).toEqual(rows)
  })
})

test('a database with clinics is no shard for invented bookings', async ({ database }) => {
  await aClinic(database)
  await withEngine(database, async (engine) => {
    const before = await clinicsOf(engine)
    await expect(createDemoData({ engine, engineOf: () => engine }, optionsOf(database, 'full'))).rejects.toThrow(
      /has clinics already/,
    )
    await createDemoData({ engine, engineOf: () => engine }, optionsOf(database, 'on'))
    expect(await clinicsOf(engine)).toEqual(before)
  })
})

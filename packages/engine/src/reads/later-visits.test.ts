import { aBooking, aClinic, aDoctor, aSlot, type BuiltSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'

const patient = { name: 'Grace Hopper', phone: '+44 1632 960001' }
const since = new Date(Date.now() - 86_400_000)

/** The limits, as the function itself states them. */
async function limits({ ownerPool }: TestDatabase) {
  const { rows } = await ownerPool.query<{ source: string }>(`select prosrc as source from pg_proc
      where oid = 'holdfast.later_visits'::regproc`)
  const limit = (name: string) =>
    Number(new RegExp(`${name} constant integer := (\\d+);`).exec(rows[0]?.source ?? '')?.[1])
  return { bookingsMax: limit('v_bookings_max'), visitsMax: limit('v_visits_max'), ownMax: limit('v_own_max') }
}

/** A visit of the patient with a doctor, and a slot of another doctor of the clinic. */
async function aVisit(database: TestDatabase) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 1_000_000 })
  const visit = await aBooking(database, slot, { patient, createdAt: new Date(Date.now() - 60_000) })
  const others = await aSlot(database, await aDoctor(database, clinic), { capacity: 1_000_000 })
  return { slot, visit, others }
}

/** Books so many other patients in a slot, with later ids, or so often the patient. */
async function bookOthers(
  database: TestDatabase,
  { clinicNo, id, doctorId }: BuiltSlot,
  count: number,
  one: typeof patient | null = null,
) {
  await database.ownerPool.query(
    `insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
       created_at, updated_at)
     select $1::int, holdfast.new_id($1::int, now()), $2::uuid, $3::uuid, 1, 'CONFIRMED', 'in_person',
            coalesce($5, jsonb_build_object('name', 'Patient ' || n)), now(), now()
       from generate_series(1, $4) n`,
    [clinicNo, id, doctorId, count, one],
  )
}

/** What so many people with the patient's name and contacts have got. */
async function found(database: TestDatabase, { clinicNo, doctorId }: BuiltSlot, people = 1): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select v.visit_id as id
       from (select array_agg(gen_random_uuid()) as ids, array_agg(${since}::timestamptz) as since,
                    array_agg(${doctorId}::uuid) as doctor_ids, array_agg(null::text) as specializations,
                    array_agg(${JSON.stringify(patient)}::jsonb) as patients, array_agg(null::uuid) as account_ids
               from generate_series(1, ${people})) p
      cross join lateral holdfast.later_visits(${clinicNo}, p.ids, p.since, p.doctor_ids, p.specializations, p.patients,
                                               p.account_ids, null) v`)
  return rows.map(({ id }) => id)
}

freshDatabaseTest('of the newest bookings it reads so many, and then the visit is missing', async ({ database }) => {
  const { slot, visit, others } = await aVisit(database)
  const { bookingsMax } = await limits(database)
  await bookOthers(database, others, bookingsMax - 1)
  expect(await found(database, slot)).toEqual([visit.id])
  await bookOthers(database, others, 1)
  expect(await found(database, slot)).toEqual([])
})

freshDatabaseTest('of the doctor’s newest visits it compares so many, then one is missing', async ({ database }) => {
  const { slot, visit } = await aVisit(database)
  const { visitsMax } = await limits(database)
  await bookOthers(database, slot, visitsMax - 1)
  expect(await found(database, slot)).toEqual([visit.id])
  await bookOthers(database, slot, 1)
  expect(await found(database, slot)).toEqual([])
})

freshDatabaseTest('who has got more than so many is no person, and has none', async ({ database }) => {
  const { slot } = await aVisit(database)
  const { ownMax } = await limits(database)
  await bookOthers(database, slot, ownMax - 1, patient)
  expect(await found(database, slot)).toHaveLength(ownMax)
  await bookOthers(database, slot, 1, patient)
  expect(await found(database, slot)).toEqual([])
})

freshDatabaseTest('who is there more than so many times is no person, and has none', async ({ database }) => {
  const { slot, visit } = await aVisit(database)
  const { ownMax } = await limits(database)
  expect(await found(database, slot, ownMax)).toEqual(Array.from({ length: ownMax }, () => visit.id))
  expect(await found(database, slot, ownMax + 1)).toEqual([])
})

freshDatabaseTest('negative control: without its limits, it finds what lies beyond them', async ({ database }) => {
  const { slot, visit } = await aVisit(database)
  const { bookingsMax } = await limits(database)
  await bookOthers(database, slot, bookingsMax)
  expect(await found(database, slot)).toEqual([])
  await plantFunction(
    database,
    'later_visits',
    { part: 'limit v_bookings_max', becomes: '' },
    { part: 'limit v_visits_max', becomes: '' },
  )
  expect(await found(database, slot)).toEqual([visit.id])
})

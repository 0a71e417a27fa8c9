import { aClinic, aDoctor, aSlot, aWithdrawal, rolledBack, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createSlots } from '../slots/create-slots.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { verify } from './verify.ts'

const tomorrow = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000
const aDraft = (hour: number) => ({
  startsAt: new Date(tomorrow + hour * 3_600_000),
  endsAt: new Date(tomorrow + (hour + 1) * 3_600_000),
  capacity: 3,
})

async function aCalendar(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const findings = async () => (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 10 })).details
  return { clinic, doctor, findings }
}

test.for([
  `starts_at = starts_at + interval '1 minute'`,
  `ends_at = ends_at - interval '1 microsecond'`,
  `withdrawn_at = now() + interval '2 days'`,
  `blocked_at = now() + interval '2 days'`,
  'capacity = 2',
  'resource_id = $2',
  'digest = null',
])('slot_differs: in the table, %s', async (change, { database }) => {
  const { clinic, doctor, findings } = await aCalendar(database)
  const other = await aDoctor(database, clinic)
  const [changed] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  expect(await findings()).toEqual([])
  await database.ownerPool.query(`update holdfast.slot set ${change} where id = $1 and $2::uuid is not null`, [
    changed.id,
    other.id,
  ])
  expect(await findings()).toEqual([
    {
      kind: 'slot_differs',
      clinicId: clinic.id,
      slotId: changed.id,
      bookingId: null,
      message: 'its resource, times, capacity, withdrawal or block were changed in the table',
    },
  ])
})

test('what the functions create, withdraw and block has a digest, and no finding', async ({ database }) => {
  const { clinic, doctor, findings } = await aCalendar(database)
  const drafts = [aDraft(0), aDraft(1), aDraft(2)]
  const { items } = await createSlots(database.appPool, { doctorId: doctor.id, drafts, dryRun: false })
  const [withdrawn, blocked] = items.map(({ slotId }) => slotId ?? '')
  await withdrawSlots(database.appPool, aWithdrawal(clinic.no, { slotId: withdrawn ?? '' }, { withBookings: false }))
  await database.ownerPool.query(sql`update holdfast.slot set blocked_at = now(),
      digest = holdfast.slot_digest(id, resource_id, starts_at, ends_at, capacity, null, now()) where id = ${blocked}`)
  const { rowCount } = await database.ownerPool.query(sql`select from holdfast.slot where clinic_no = ${clinic.no}
      and digest is not null`)
  expect(rowCount).toBe(3)
  expect(await findings()).toEqual([])
})

test('the digest does not depend on the settings of a connection', async ({ database }) => {
  const { clinic, doctor } = await aCalendar(database)
  await aSlot(database, doctor)
  await rolledBack(database.appPool, async (client) => {
    for (const setting of [`timezone = 'Pacific/Chatham'`, `datestyle = 'German'`, 'extra_float_digits = -5']) {
      await client.query(`set local ${setting}`)
    }
    const { rows } = await client.query('select slots, mismatches from holdfast.verify_clinic($1, 10)', [clinic.no])
    expect(rows).toEqual([{ slots: 1, mismatches: 0 }])
  })
})

freshDatabaseTest('slot_differs: a slot that is not over, and that the index lacks', async ({ database }) => {
  const { doctor, findings } = await aCalendar(database)
  const { id } = await aSlot(database, doctor)
  await aSlot(database, doctor)
  await database.ownerPool.query('analyze holdfast.slot')
  expect(await findings()).toEqual([])
  await database.ownerPool.query(`
    update pg_index set indisready = false where indexrelid = 'holdfast.slot_no_overlap'::regclass;
    with gone as (delete from holdfast.slot where id = '${id}' returning *)
    insert into holdfast.slot select * from gone;
    update pg_index set indisready = true where indexrelid = 'holdfast.slot_no_overlap'::regclass`)
  const lacking = { kind: 'slot_differs', slotId: id, message: 'the index slot_no_overlap does not have it' }
  expect(await findings()).toMatchObject([lacking])
  await database.ownerPool.query('reindex index holdfast.slot_no_overlap')
  expect(await findings()).toEqual([])
})

const withoutConstraint = 'alter table holdfast.slot drop constraint slot_no_overlap'
const secondAtTheSameTime = `
  insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest)
  select s.clinic_no, n.id, s.resource_id, s.starts_at, s.ends_at, s.capacity,
         holdfast.slot_digest(n.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, null, null)
    from holdfast.slot s
   cross join lateral (select (left(s.id::text, 24) || '0123456789ab')::uuid as id) n
   where s.id = $1`

freshDatabaseTest('slot_differs: of two slots of one doctor at one time, the following', async ({ database }) => {
  const { doctor, findings } = await aCalendar(database)
  const { id } = await aSlot(database, doctor)
  await database.ownerPool.query(withoutConstraint)
  expect(await findings()).toEqual([])
  await database.ownerPool.query(secondAtTheSameTime, [id])
  expect(await findings()).toMatchObject([
    { kind: 'slot_differs', message: 'another slot of its resource is at the same time' },
  ])
})

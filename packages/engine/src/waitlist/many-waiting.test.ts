// Nightly: hundreds of people who wait
import { aSlot, aWithdrawal, checkHistory } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { test } from '../../test/waitlist.ts'

const waiting = 10_000
const places = 1_000

test('with 10,000 waiting, 1,000 places that are withdrawn and created again go to waiters in order', async ({
  database,
  engine,
  doctor,
}) => {
  await database.ownerPool.query(
    `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, from_date, to_date, joined_at, patient)
     select $1::int, holdfast.new_id($1::int, now()), $2, '2020-01-01', '2100-01-01',
            now() - make_interval(secs => $3 - n), jsonb_build_object('name', 'Patient ' || n)
       from generate_series(1, $3::int) n order by random()`,
    [doctor.clinicNo, doctor.id, waiting],
  )
  const first = await aSlot(database, doctor)
  await database.ownerPool.query('delete from holdfast.slot where id = $1', [first.id])
  const drafts = Array.from({ length: places }, (_, n) => ({
    startsAt: new Date(first.startsAt.getTime() + n * 900_000),
    endsAt: new Date(first.startsAt.getTime() + (n + 1) * 900_000),
    capacity: 1,
  }))
  const create = async () => {
    const startedAt = performance.now()
    const { created } = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
    expect(created).toBe(places)
    return Math.round(performance.now() - startedAt)
  }
  /** The numbers of the patients with an open offer, by the start of the place. */
  const offered = async () => {
    const { rows } = await database.ownerPool.query<{ n: number }>(sql`
      select split_part(b.patient->>'name', ' ', 2)::int as n from holdfast.booking b
        join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
       where b.clinic_no = ${doctor.clinicNo} and b.status = 'PENDING' order by s.starts_at`)
    return rows.map(({ n }) => n)
  }
  const inOrder = Array.from({ length: places }, (_, n) => n + 1)
  const createdMs = await create()
  expect(await offered()).toEqual(inOrder)
  const outcome = await engine.withdrawSlots(
    aWithdrawal(doctor.clinicNo, {
      doctorId: doctor.id,
      from: first.startsAt,
      to: drafts.at(-1)?.endsAt ?? first.startsAt,
    }),
  )
  expect(outcome).toMatchObject({ kind: 'withdrawn', slots: places })
  expect(await offered()).toEqual([])
  // Who lost the offer is still first.
  const createdAgainMs = await create()
  expect(await offered()).toEqual(inOrder)
  console.log(`1,000 places offered in ${createdMs} and ${createdAgainMs} ms`)
  const { overbooked, details } = await engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 10 })
  expect({ overbooked, details }).toEqual({ overbooked: 0, details: [] })
  expect(await checkHistory(database)).toEqual([])
})

// Nightly: a hundred thousand slots to come
import { aDoctor, aSlot } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aTheatre } from '../../test/theatre.ts'

test('slots beyond those compared count as in use, also in a zone with the same times', async ({ database }) => {
  const { clinic, engine } = await aTheatre(database)
  const doctor = await aDoctor(database, clinic)
  const change = (timezone: string) => engine.directory.updateClinic(clinic.id, { timezone })
  await engine.directory.updateClinic(clinic.id, { timezone: 'Europe/Berlin' })
  const slot = await aSlot(database, doctor)
  await database.ownerPool.query(sql`
    insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
     select s.clinic_no, holdfast.new_id(s.clinic_no, now()), s.resource_id,
            now() + make_interval(days => 9, mins => i), now() + make_interval(days => 9, mins => i + 1), 1
       from holdfast.slot s, generate_series(1, 99998) i where s.id = ${slot.id}`)
  expect(await change('Europe/Vienna')).toMatchObject({ kind: 'done' })
  await aSlot(database, doctor, { startsAt: new Date(Date.now() + 8 * 86_400_000) })
  expect(await change('Europe/Berlin')).toMatchObject({ kind: 'time_zone_in_use', slots: 100_000, takenSlots: 0 })
})

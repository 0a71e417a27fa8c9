import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createDirectory } from './create-directory.ts'

const query = { specialization: null, q: null, appointmentType: null, includeInactive: false, limit: 9, cursor: null }

test('a doctor has the next three slots that can be booked, from the next free time on', async ({ database }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const start = Date.now() + 48 * 3_600_000
  const at = (hours: number) => new Date(start + hours * 3_600_000)
  const directory = createDirectory(database.appPool, () => undefined)
  expect(await directory.doctor(doctor.id)).toMatchObject({ nextAvailableAt: null, nextSlots: [] })
  const slots = []
  for (const hours of [3, 1, 2, 0, 4]) slots.push(await aSlot(database, doctor, { startsAt: at(hours) }))
  await aSlot(database, doctor, { startsAt: at(-1), withdrawn: true })
  const read = await directory.doctor(doctor.id)
  expect(read?.nextSlots.map(({ startsAt }) => startsAt)).toEqual([at(0), at(1), at(2)])
  expect(read?.nextSlots[0]).toMatchObject({ id: slots[3]?.id })
  expect(read?.nextAvailableAt).toEqual(at(0))
  for (const sort of ['name', 'soonest'] as const) {
    const { items } = await directory.doctors({ ...query, clinicId: clinic.id, sort })
    expect(items[0]?.nextSlots).toEqual(read?.nextSlots)
  }
})

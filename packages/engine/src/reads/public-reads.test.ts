import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createReads } from './create-reads.ts'

const zone = 'Australia/Sydney'
const day = Temporal.Now.plainDateISO(zone).add({ days: 3 })
const at = (time: string, later = 0) =>
  new Date(
    day.add({ days: later }).toPlainDateTime(Temporal.PlainTime.from(time)).toZonedDateTime(zone).epochMilliseconds,
  )

test('the hours of each coming day are those of its slots, in the clinic’s zone', async ({ database }) => {
  const clinic = await aClinic(database, { timezone: zone })
  const [doctor, other] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slot = (of: typeof doctor, startsAt: Date, withdrawn = false) => aSlot(database, of, { startsAt, withdrawn })
  await slot(doctor, at('08:30'))
  await slot(doctor, at('16:45'))
  await slot(doctor, at('20:00'), true)
  await slot(other, at('07:00'))
  await slot(other, at('09:00', 1))
  await slot(other, at('09:00', 30))
  const reads = createReads(database.appPool)
  const hours = (doctorId: string | null) => reads.openHours({ clinicNo: clinic.no, doctorId, days: 7 })
  expect(await hours(doctor.id)).toEqual([{ day: day.toString(), opens: '08:30', closes: '17:00' }])
  expect(await hours(null)).toEqual([
    { day: day.toString(), opens: '07:00', closes: '17:00' },
    { day: day.add({ days: 1 }).toString(), opens: '09:00', closes: '09:15' },
  ])
  expect(await hours('no-id')).toEqual([])
})

test('inactive doctors are not public', async ({ database, clinic }) => {
  const shown = await aDoctor(database, clinic)
  const hidden = await aDoctor(database, clinic, { active: false })
  await aSlot(database, hidden)
  const reads = createReads(database.appPool)
  const ids = (await reads.publicDoctors()).filter(({ clinicId }) => clinicId === clinic.id).map(({ id }) => id)
  expect(ids).toEqual([shown.id])
  expect(await reads.openHours({ clinicNo: clinic.no, doctorId: null, days: 60 })).toEqual([])
})

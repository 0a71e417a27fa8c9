import { aClinic, someMessageSettings } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { clinicSettings, clinicTexts, logoLimits, messageLimits, snakeCase } from '@holdfast/vocabulary'
import { expect } from 'vitest'

test.for(Object.entries(clinicSettings))(
  'the database has the same limits of %s',
  async ([name, { min, max }], { database, clinic }) => {
    const set = (value: number) =>
      database.ownerPool.query(`update holdfast.clinic set ${snakeCase(name)} = $1 where id = $2`, [value, clinic.id])
    for (const value of [min, max]) expect((await set(value)).rowCount).toBe(1)
    for (const value of [min - 1, max + 1]) await expect(set(value)).rejects.toMatchObject({ code: '23514' })
  },
)

test.for(Object.entries(clinicTexts))('the database has this limit of %s', async ([name, { max }], { database }) => {
  const clinic = await aClinic(database)
  const set = (text: string) =>
    database.ownerPool.query(`update holdfast.clinic set ${snakeCase(name)} = $1 where id = $2`, [text, clinic.id])
  expect((await set('1'.repeat(max))).rowCount).toBe(1)
  await expect(set('1'.repeat(max + 1))).rejects.toMatchObject({ code: '23514' })
})

test('the database has the same limits of reminders and of links that confirm', async ({ database, clinic }) => {
  const { reminderMinutes, remindersMax, confirmMinutes } = messageLimits
  const write = (column: string, value: unknown) => someMessageSettings(database, clinic.no, { [column]: value })
  const refused = { code: '23514' }
  const most = Array.from({ length: remindersMax }, (_, index) => reminderMinutes.max - index)
  for (const reminders of [most, [reminderMinutes.min]]) await write('reminder_minutes', reminders)
  for (const reminders of [[...most, 60], [reminderMinutes.min - 1], [reminderMinutes.max + 1]]) {
    await expect(write('reminder_minutes', reminders)).rejects.toMatchObject(refused)
  }
  for (const minutes of [confirmMinutes.min, confirmMinutes.max]) await write('confirm_minutes', minutes)
  for (const minutes of [confirmMinutes.min - 1, confirmMinutes.max + 1]) {
    await expect(write('confirm_minutes', minutes)).rejects.toMatchObject(refused)
  }
})

test('the database has the same limits of logos', async ({ database, clinic }) => {
  const write = (bytes: number, pixels: number) =>
    database.ownerPool.query(
      `insert into holdfast.clinic_logo (clinic_no, image, media_type, width, height, digest)
       values ($1, $2, 'image/png', $3, $3, repeat('d', 43))`,
      [clinic.no, Buffer.alloc(bytes), pixels],
    )
  const { bytesMax: bytes, pixelsMax: pixels } = logoLimits
  await expect(write(bytes + 1, pixels)).rejects.toMatchObject({ code: '23514' })
  await expect(write(bytes, pixels + 1)).rejects.toMatchObject({ code: '23514' })
  expect((await write(bytes, pixels)).rowCount).toBe(1)
})

import { retentionKindNames } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

test('the retention has all kinds with the times of the clinic and of the server', async ({ rest, clinic }) => {
  const admin = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const read = (query = {}) => rest.call('getRetention', { as: admin, path, query })
  const { body } = await read()
  expect(body.kinds.map(({ kind }) => kind)).toEqual(retentionKindNames)
  const kindOf = async (name: string) => (await read()).body.kinds.find(({ kind }) => kind === name)
  expect(await kindOf('securityLog')).toMatchObject({ by: 'operator', setting: 'HOLDFAST_AUDIT_MONTHS', amount: 12 })
  expect(await kindOf('backups')).toMatchObject({ amount: 30, unit: 'days', deletedBy: 'backups' })
  expect(await kindOf('storedResponses')).toMatchObject({ by: 'fixed', setting: null, amount: 24, unit: 'hours' })
  expect(await kindOf('figures')).toMatchObject({ by: 'nobody', amount: null, unit: null })
  const settings = { messageDays: 30, patientDataMonths: 24 }
  expect((await rest.call('updateClinic', { as: admin, path, body: { settings } })).status).toBe(200)
  expect(await kindOf('messages')).toMatchObject({ by: 'clinic', setting: 'messageDays', amount: 30, unit: 'days' })
  expect(await kindOf('patientRecords')).toMatchObject({ amount: 24, unit: 'months', deletedBy: 'erasures' })
  expect((await read({ messageDays: 7 })).body).toMatchObject({ messageDays: 7, messagesDue: 0, months: 24 })
  for (const query of [{ messageDays: 6 }, { messageDays: 731 }]) expect((await read(query)).status).toBe(400)
  const staff = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('getRetention', { as: staff, path, query: {} })).status).toBe(403)
})

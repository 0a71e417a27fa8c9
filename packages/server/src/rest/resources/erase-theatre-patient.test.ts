import { expect, onTestFinished } from 'vitest'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { aTheatre, theatreDay } from '../../../test/theatre-scene.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'

test('an erasure’s key belongs to one number as sent, also while the secret changes', async ({ database, rest }) => {
  const { path, admin, staff, newCase } = await aTheatre(database, rest)
  const { procedure } = newCase()
  const body = { service: 'Urology', procedure, minutes: 30, patient: { mrn: 'ab-1', name: 'Ada' } }
  const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body })
  await rest.call('withdrawCaseRequest', { path: { requestId: request.id }, as: staff })
  const appWith = async (secrets: string[]) => {
    const app = await startRestApp(database, { replaced: { recipientDigests: createRecipientDigests(secrets) } })
    onTestFinished(() => app.stop())
    const as = app.anAccount(admin)
    return (mrn: string) => app.call('eraseTheatrePatient', { path, as, body: { mrn }, key: 'one key' })
  }
  const [erase, eraseLater] = [await appWith(['old']), await appWith(['new', 'old'])]
  expect((await erase('ab-1')).body).toMatchObject({ bookings: 0, cases: 0, requests: 1 })
  expect((await erase('AB-1')).problem).toMatchObject({ code: 'idempotency_key_reused' })
  expect((await eraseLater('ab-1')).body).toMatchObject({ bookings: 0, cases: 0, requests: 1 })
})

test('a case whose override lost its reason can still be read, alone and in lists', async ({ database, rest }) => {
  const { path, admin, roomOne, newCase } = await aTheatre(database, rest)
  await rest.call('updateRoom', { path: { ...path, roomId: roomOne.id }, as: admin, body: { hours: [] } })
  const override = { rules: ['outside_hours'], reason: 'Ada asked for a Sunday' }
  const patient = { mrn: 'ab-2', name: 'Ada' }
  const booked = await rest.call('createCase', { as: admin, body: newCase({ override, patient, confirm: true }) })
  const of = { path: { caseId: booked.body.id }, as: admin }
  await rest.call('cancelCase', { ...of, body: { reasonCode: 'patient_cancelled' } })
  const erased = await rest.call('eraseTheatrePatient', { path, as: admin, body: { mrn: 'ab-2' } })
  expect(erased.body).toMatchObject({ bookings: 0, cases: 1, requests: 0 })
  const expected = { patient: null, override: { rules: ['outside_hours'], reason: null } }
  expect((await rest.call('getCase', of)).body).toMatchObject(expected)
  const query = { from: theatreDay, to: theatreDay, withEnded: 'true' }
  expect((await rest.call('listCases', { path, as: admin, query })).body.items).toMatchObject([expected])
})

test('the digest of a request for a case is replaced with the erasure of its patient', async ({ database, rest }) => {
  const { path, admin, staff, newCase } = await aTheatre(database, rest)
  const patient = { mrn: 'ab-3', name: 'Ada' }
  const body = { service: 'Urology', procedure: newCase().procedure, minutes: 30, patient }
  const request = () => rest.call('createCaseRequest', { path, as: staff, body, key: 'request' })
  const { id } = (await request()).body
  const digests = async () =>
    (await database.ownerPool.query('select request_hash from holdfast.answer where ids && $1::uuid[]', [[id]])).rows
  const [before] = await digests()
  await rest.call('withdrawCaseRequest', { path: { requestId: id }, as: staff })
  expect((await rest.call('eraseTheatrePatient', { path, as: admin, body: { mrn: patient.mrn } })).status).toBe(200)
  expect(await digests()).toEqual([{ request_hash: expect.not.stringMatching(before.request_hash) }])
  expect((await request()).problem.code).toBe('idempotency_key_reused')
})

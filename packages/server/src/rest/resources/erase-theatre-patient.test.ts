import { expect, onTestFinished } from 'vitest'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { aTheatre } from '../../../test/theatre-scene.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'

test('the key of an erasure belongs to one record number, in its case, also while the secret changes', async ({
  database,
  rest,
}) => {
  const { path, admin, staff, newCase } = await aTheatre(database, rest)
  for (const mrn of ['ab-1', 'AB-1']) {
    const { procedure } = newCase()
    const body = { service: 'Urology', procedure, minutes: 30, patient: { mrn, name: 'Ada' } }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body })
    await rest.call('withdrawCaseRequest', { path: { requestId: request.id }, as: staff })
  }
  const appWith = async (secrets: string[]) => {
    const app = await startRestApp(database, { replaced: { recipientDigests: createRecipientDigests(secrets) } })
    onTestFinished(() => app.stop())
    const as = app.anAccount(admin)
    return (mrn: string) => app.call('eraseTheatrePatient', { path, as, body: { mrn }, key: 'one key' })
  }
  const [erase, eraseLater] = [await appWith(['old']), await appWith(['new', 'old'])]
  expect((await erase('ab-1')).body).toEqual({ cases: 0, requests: 1 })
  expect((await erase('AB-1')).problem).toMatchObject({ code: 'idempotency_key_reused' })
  expect((await eraseLater('ab-1')).body).toEqual({ cases: 0, requests: 1 })
})

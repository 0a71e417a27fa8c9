import { aClinic } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'
import { mailTexts } from '../../messages/rendering/render-mail.ts'

test('an administrator reads a message as patients get it; nothing is sent', async ({ database, rest }) => {
  const clinic = await aClinic(database, { name: 'Riverside', timezone: 'Asia/Tokyo' })
  const as = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const body = { textBefore: 'Bring your <card>.', textAfter: 'See you.' }
  await rest.call('updateMessageSettings', { path, as, body })
  const preview = (query: Record<string, string>) => rest.call('previewMessage', { path, as, query })
  const { body: mail } = await preview({ kind: 'reminder', language: 'de', channel: 'email' })
  expect(mail.subject).toContain('Erinnerung')
  expect(mail.html).toContain('<html lang="de" dir="ltr">')
  expect(mail.html).toContain('Bring your &lt;card&gt;.')
  expect(mail.text).toContain('See you.')
  expect(mail.text).toContain('Riverside')
  expect(mail.smsParts).toBeNull()
  const sms = await preview({ kind: 'reminder', language: 'en', channel: 'sms' })
  expect(sms.body).toMatchObject({ subject: null, html: null, smsParts: expect.any(Number) })
  expect((await preview({ kind: 'confirm', language: 'en', channel: 'sms' })).problem.errors?.[0]).toEqual({
    path: '/query/channel',
    message: 'must be email: there is no SMS of the kind confirm',
  })
  const request = await preview({ kind: 'confirm_request', language: 'en', channel: 'email' })
  expect(request.body.text).toContain(mailTexts.en.confirmRequest.action)
  for (const query of [{ kind: 'reminder' }, { kind: 'other', language: 'en', channel: 'sms' }]) {
    expect((await preview(query)).problem.status).toBe(400)
  }
  const stored = await database.ownerPool.query('select from holdfast.message where clinic_no = $1', [clinic.no])
  expect(stored.rowCount).toBe(0)
})

import { DatabaseUnavailable } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect, onTestFinished } from 'vitest'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const lost = async () => {
  throw new DatabaseUnavailable('The connection was lost.', { outcomeUnknown: true, cause: null })
}

test('if a response with a secret is lost, the caller learns how to get another one', async ({ database, rest }) => {
  const { invitations, webhooks, calendarFeeds, manageTokenEpochs } = rest.engine
  const engine = {
    ...rest.engine,
    invitations: { ...invitations, create: lost },
    webhooks: { ...webhooks, create: lost, rotateSecret: lost },
    calendarFeeds: { ...calendarFeeds, create: lost },
    manageTokenEpochs: { ...manageTokenEpochs, renew: lost },
  }
  const cutOff = await startRestApp(database, { replaced: { engine } })
  onTestFinished(() => cutOff.stop())
  const clinic = await aClinic(database)
  const as = await cutOff.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const body = { url: 'https://example.org/hook', events: ['booking.confirmed'] }
  const { body: webhook } = await rest.call('createWebhook', { path, as: rest.anAccount(as), body })
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  const token = cutOff.manageTokens.issue(booking.id)
  const invitation = { email: 'eve@example.org', role: 'staff' }
  const responses = {
    createInvitation: await cutOff.call('createInvitation', { path, as, body: invitation }),
    createWebhook: await cutOff.call('createWebhook', { path, as, body }),
    rotateWebhookSecret: await cutOff.call('rotateWebhookSecret', { path: { ...path, webhookId: webhook.id }, as }),
    createClinicCalendarFeed: await cutOff.call('createClinicCalendarFeed', { path, as, body: {} }),
    renewManageToken: await cutOff.call('renewManageToken', { path: { bookingId: booking.id }, token }),
  }
  const details = Object.entries(responses).map(([id, { problem }]) => [id, problem.detail.split('unknown. ')[1]])
  expect(Object.fromEntries(details)).toEqual({
    createInvitation: expect.stringContaining('it replaces the invitation'),
    createWebhook: expect.stringContaining('rotate its secret'),
    rotateWebhookSecret: expect.stringContaining('Rotate it again'),
    createClinicCalendarFeed: expect.stringContaining('Create the feed again'),
    renewManageToken: expect.stringContaining('POST /api/v1/ticket-links'),
  })
})

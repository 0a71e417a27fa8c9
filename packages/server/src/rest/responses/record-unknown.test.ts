import { DatabaseUnavailable, newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { newInvitationToken } from '../../secrets/invitation-tokens.ts'

const lost = async () => {
  throw new DatabaseUnavailable('The connection was lost.', { outcomeUnknown: true, cause: null })
}

/** A server on which nobody learns whether an invitation was accepted, or a message sent again. */
async function aLostServer(database: TestDatabase, { engine }: RestApp): Promise<RestApp> {
  const replaced = {
    engine: {
      ...engine,
      invitations: { ...engine.invitations, accept: lost },
      messages: { ...engine.messages, sendAgain: lost },
    },
  }
  const rest = await startRestApp(database, { replaced })
  onTestFinished(() => rest.stop())
  return rest
}

test('of a message whose sending is unknown, the security log names the booking', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const booking = await aBooking(database, slot)
  const messageId = newId(clinic.no)
  await database.ownerPool.query(sql`
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at)
     values (${clinic.no}, ${messageId}, ${booking.id}, 2, ${slot.id}, 'confirmed', 'email', 'kept', now(), now())`)
  const cutOff = await aLostServer(database, rest)
  const staff = await cutOff.aMember(clinic.no, 'staff')
  const sent = await cutOff.call('sendMessage', { path: { clinicId: clinic.id, messageId }, as: staff })
  expect(sent.status).toBe(503)
  expect(cutOff.audited).toMatchObject([
    {
      kind: 'message_sent_again',
      clinicNo: clinic.no,
      actorId: staff.id,
      subjectId: booking.id,
      details: ['outcome unknown'],
    },
  ])
})

test('if an acceptance is unknown, the log names the clinic if the invitation exists', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const cutOff = await aLostServer(database, rest)
  const [admin, invited] = [await cutOff.aMember(clinic.no, 'admin'), cutOff.anAccount()]
  const accept = (token: string) => cutOff.call('acceptInvitation', { as: invited, body: { token } })

  const madeUp = await accept(newInvitationToken(newId(clinic.no)).token)
  expect(madeUp).toMatchObject({ status: 404, problem: { code: 'invitation_not_found' } })
  expect(cutOff.audited).toEqual([])

  const body = { email: invited.email, role: 'staff' }
  const { body: created } = await cutOff.call('createInvitation', { path: { clinicId: clinic.id }, as: admin, body })
  cutOff.audited.length = 0
  expect((await accept(created.link.slice(created.link.indexOf('#') + 1))).status).toBe(503)
  expect(cutOff.audited).toMatchObject([
    { kind: 'role_granted', clinicNo: clinic.no, subjectId: invited.id, details: ['staff', 'outcome unknown'] },
  ])
})

import { randomUUID } from 'node:crypto'
import { createManageTokenEpochs } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { sentAccountMails } from '../../../test/sent-account-mails.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createAccountMails } from './account-mails.ts'

const secrets = ['a secret of the tests that is long enough']
const address = 'iris@example.org'

/** A booking whose ticket's link was requested, and is not sent yet. */
async function aTicketMail(database: TestDatabase, status: 'CONFIRMED' | 'CANCELLED' = 'CONFIRMED') {
  const { appPool: pool, ownerPool } = database
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const slot = await aSlot(database, await aDoctor(database, clinic, { name: 'Dr Ada Lovelace' }))
  const booking = await aBooking(database, slot, {
    status,
    patient: { name: 'Iris Patient', email: 'Iris@example.org' },
  })
  const mails = createAccountMails({ pool, secrets, isAvailable: true })
  const to = { address, language: 'en', clinicNo: clinic.no } as const
  await mails.store(pool, { kind: 'ticket_link', to, context: { bookingId: booking.id } }, 24)
  const ofBooking = (change: string) =>
    ownerPool.query(`update holdfast.booking ${change} where clinic_no = $1 and id = $2`, [clinic.no, booking.id])
  return { clinic, slot, booking, pool, ownerPool, ofBooking }
}

const sent = (database: TestDatabase) =>
  sentAccountMails(database, secrets, {
    ...sampleSettings.links,
    ticket: ({ bookingId, manageEpoch }) => `https://book.example.org/ticket#${bookingId}.${manageEpoch}`,
  })

const stored = async ({ ownerPool }: TestDatabase) =>
  (await ownerPool.query('select from holdfast.account_mail')).rowCount

test('says what the booking is when it is sent: its new time, and the link that was renewed', async ({ database }) => {
  const { slot, booking, pool, ownerPool } = await aTicketMail(database)
  await createManageTokenEpochs(pool).renew({
    id: booking.id,
    accountId: null,
    epoch: 0,
    renewalKey: randomUUID(),
  })
  await ownerPool.query(sql`update holdfast.slot set starts_at = '2031-05-06T08:00Z', ends_at = '2031-05-06T08:15Z'
      where clinic_no = ${slot.clinicNo} and id = ${slot.id}`)
  const [mail, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(mail).toMatchObject({ to: { address }, subject: expect.stringContaining('6 May 2031') })
  expect(mail?.text).toContain(`https://book.example.org/ticket#${booking.id}.1`)
  expect(mail?.text).toContain('Iris Patient')
})

test('is deleted with the patient’s data, and needs nobody who sends it', async ({ database }) => {
  const { clinic, booking, ownerPool } = await aTicketMail(database, 'CANCELLED')
  expect(await stored(database)).toBe(1)
  await ownerPool.query(sql`select * from holdfast.erase_patient(${clinic.no}, array[${booking.id}::uuid], null, null)`)
  expect(await stored(database)).toBe(0)
  expect(await sent(database)).toEqual([])
})

test.for([
  ['was cancelled', `set status = 'CANCELLED'`],
  ['has another address', `set patient = patient || '{"email": "other@example.org"}'`],
] as const)('is not sent if the booking %s meanwhile', async ([, change], { database }) => {
  const { ofBooking } = await aTicketMail(database)
  await ofBooking(change)
  expect(await sent(database)).toEqual([])
  expect(await stored(database)).toBe(0)
})

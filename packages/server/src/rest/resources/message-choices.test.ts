import { aBooking, aClinic, aDoctor, aSlot, type BuiltClinic, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createUnsubscribeTokens } from '../../secrets/confirmation-tokens.ts'

const everything = { reminderEmails: true, smsKindsOff: [], language: null }
const tokens = createUnsubscribeTokens(['a secret of the tests'])

/** A booking with this address, and the link of its reminder. */
async function aReminderOf(database: TestDatabase, clinic: BuiltClinic, email: string, accountId?: string) {
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const { id } = await aBooking(database, slot, {
    patient: { name: 'Ada', email },
    ...(accountId === undefined ? {} : { accountId }),
  })
  return { bookingId: id, token: tokens.issue(id, email) }
}

const read = async (rest: RestApp, as: TestAccount) => (await rest.call('getMyMessageChoices', { as })).body

test('without one an account gets all; a choice replaces all; repeated, it changes nothing', async ({ rest }) => {
  const [as, other] = [rest.anAccount(), rest.anAccount()]
  expect(await read(rest, as)).toEqual({ ...everything, reminderOptOuts: [] })
  const body = { reminderEmails: false, smsKindsOff: ['moved', 'offered'], language: 'de' }
  for (let times = 0; times < 2; times += 1) {
    const set = await rest.call('setMyMessageChoices', { as, body })
    expect(set).toMatchObject({ status: 200, body: { ...body, reminderOptOuts: [] } })
    expect(set.headers['cache-control']).toBe('no-store')
  }
  expect(await read(rest, as)).toMatchObject(body)
  expect(await read(rest, other)).toMatchObject(everything)
  await rest.call('setMyMessageChoices', { as, body: everything })
  expect(await read(rest, as)).toMatchObject(everything)
})

test.for([
  ['/smsKindsOff/0', { ...everything, smsKindsOff: ['confirm'] }],
  ['/smsKindsOff', { ...everything, smsKindsOff: ['moved', 'moved'] }],
  ['/language', { ...everything, language: 'fr' }],
  ['/language', { reminderEmails: true, smsKindsOff: [] }],
] as const)('a choice with a wrong %s is refused, and names it', async ([path, body], { rest }) => {
  const { problem } = await rest.call('setMyMessageChoices', { as: rest.anAccount(), body })
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(JSON.stringify(problem.errors)).toContain(path.split('/')[1])
})

test('what a link turned off is shown to the address’s account, and undone there', async ({ database, rest }) => {
  const [clinic, other] = [await aClinic(database, { name: 'Riverside' }), await aClinic(database)]
  const owner = rest.anAccount()
  // Control: somebody who signs up with another person's address must not see whose patient that person is.
  const stranger = rest.anAccount({ email: owner.email, isConfirmed: false })
  const link = await aReminderOf(database, clinic, owner.email.toUpperCase())
  const off = await rest.call('chooseReminders', { body: { ...link, reminders: false } })
  expect(off.body).toEqual({ clinicName: 'Riverside', reminders: false, accountReminders: true })
  const optOut = { clinicId: clinic.id, clinicName: 'Riverside', since: expect.stringMatching(/Z$/) }
  expect((await read(rest, owner)).reminderOptOuts).toEqual([optOut])
  expect((await read(rest, stranger)).reminderOptOuts).toBeNull()
  expect((await read(rest, rest.anAccount())).reminderOptOuts).toEqual([])

  const turnOn = (as: TestAccount, clinicId: string) => rest.call('deleteMyReminderOptOut', { as, path: { clinicId } })
  expect((await turnOn(stranger, clinic.id)).problem).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await turnOn(rest.anAccount(), clinic.id)).status).toBe(204)
  expect((await turnOn(owner, other.id)).status).toBe(204)
  expect((await read(rest, owner)).reminderOptOuts).toHaveLength(1)
  for (let times = 0; times < 2; times += 1) expect((await turnOn(owner, clinic.id)).status).toBe(204)
  expect((await read(rest, owner)).reminderOptOuts).toEqual([])
})

test('the link of a reminder says so if the account has turned reminders off, too', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const [booker, owner] = [rest.anAccount(), rest.anAccount()]
  const choose = async (link: object) =>
    (await rest.call('chooseReminders', { body: { ...link, reminders: true } })).body.accountReminders
  const ofBooker = await aReminderOf(database, clinic, 'nobody@example.org', booker.id)
  const ofOwner = await aReminderOf(database, clinic, owner.email, booker.id)
  const ofGuest = await aReminderOf(database, clinic, 'guest@example.org')
  const off = { ...everything, reminderEmails: false }
  expect([await choose(ofBooker), await choose(ofOwner), await choose(ofGuest)]).toEqual([true, true, true])
  await rest.call('setMyMessageChoices', { as: booker, body: off })
  expect([await choose(ofBooker), await choose(ofOwner), await choose(ofGuest)]).toEqual([false, true, true])
  await rest.call('setMyMessageChoices', { as: booker, body: everything })
  await rest.call('setMyMessageChoices', { as: owner, body: off })
  expect([await choose(ofBooker), await choose(ofOwner), await choose(ofGuest)]).toEqual([true, false, true])
})

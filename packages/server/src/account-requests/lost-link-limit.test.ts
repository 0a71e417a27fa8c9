import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry, type TestDatabase, until } from '@holdfast/testkit'
import { referenceOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { startRestApp, type TestAccount } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'
import { processRequestsOfShard } from '../compose/jobs/account-mails.ts'
import { createAccountMails } from '../messages/account-mails/account-mails.ts'
import { createLogger } from '../observe/logger.ts'

const secrets = ['a secret of the tests']
const log = createLogger('silent')

/** A server that stores requests, and `processed`, which starts one that processes them, as after a restart. */
const test = restTest.extend('mailing', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  const rest = await startRestApp(database, { replaced: { mails } })
  onCleanup(() => rest.stop())
  const processed = async () => {
    const deps = { pools: { general: database.appPool }, secrets, engine: rest.engine, log, mails }
    const processing = processRequestsOfShard(deps)
    await until(async () => (await stored(database, '%_request')) === 0, 'the requests to be processed')
    for (const one of processing) await one.stop()
  }
  return { rest, processed }
})

async function stored(database: TestDatabase, kind: string): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(sql`select count(*)::int as count
      from holdfast.account_mail where kind like ${kind}`)
  return rows[0]?.count ?? 0
}

/** How many mails of a kind requests lead to. */
async function mailsOf(database: TestDatabase, kind: string, request: () => Promise<void>): Promise<number> {
  const before = await stored(database, kind)
  await request()
  return (await stored(database, kind)) - before
}

/** Somebody who waits, and `ask`, which asks so many times for the lost link, each time of another server. */
async function aWaitingPatient(database: TestDatabase, { rest, processed }: Sending, entries = 1) {
  const email = `${crypto.randomUUID()}@example.org`
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  for (let n = 1; n <= entries; n += 1) {
    await aWaitlistEntry(database, doctor, { patient: { name: `Ada ${n}`, email } })
  }
  const body = { clinicId: clinic.id, email }
  const ask = (remoteAddress: string, times = 1, as?: TestAccount) =>
    mailsOf(database, 'entry_link', async () => {
      for (let n = 0; n < times; n += 1) {
        const from = { remoteAddress, ...(as === undefined ? {} : { as }) }
        expect((await rest.call('sendWaitlistLinks', { body, ...from })).status).toBe(202)
        await processed()
      }
    })
  return { clinic, doctor, email, ask }
}

type Sending = { rest: Awaited<ReturnType<typeof startRestApp>>; processed: () => Promise<void> }

test('an address gets three mails a day with a lost link from one network', async ({ database, mailing }) => {
  const { clinic, ask } = await aWaitingPatient(database, mailing)
  expect(await ask('203.0.113.1', 4)).toBe(3)
  // The /24 is one network.
  expect(await ask('203.0.113.2', 2)).toBe(0)
  expect(await ask('203.0.114.2')).toBe(1)
  await database.ownerPool.query(sql`update holdfast.message_budget set since = since - interval '25 hours'
      where clinic_no = ${clinic.no}`)
  expect(await ask('203.0.113.1')).toBe(1)
})

test('strangers at many networks cause ten mails, and the owner gets one more', async ({ database, mailing }) => {
  const { ask } = await aWaitingPatient(database, mailing)
  let fromStrangers = 0
  for (let n = 1; n <= 4; n += 1) fromStrangers += await ask(`198.51.${n}.7`, 4)
  expect(fromStrangers).toBe(10)
  expect(await ask('203.0.113.9', 2)).toBe(1)
  // However many networks they have, a day has an end.
  for (let n = 1; n <= 25; n += 1) fromStrangers += await ask(`2001:db8:${n.toString(16)}::1`)
  expect(fromStrangers).toBe(29)
})

test('strangers use up nothing of who has proven the address', async ({ database, mailing }) => {
  const { email, ask } = await aWaitingPatient(database, mailing)
  for (let n = 1; n <= 31; n += 1) await ask(`198.51.${n}.7`)
  const { rest } = mailing
  const own = '203.0.113.9'
  expect(await ask(own)).toBe(0)
  expect(await ask(own, 4, rest.anAccount({ email: email.toUpperCase() }))).toBe(3)
  // The controls: an account that has not proven the address, and one that has proven another.
  expect(await ask(own, 1, rest.anAccount({ email, isConfirmed: false }))).toBe(0)
  expect(await ask(own, 1, rest.anAccount())).toBe(0)
})

test('an address with three entries gets one mail, ten networks leave one', async ({ database, mailing }) => {
  const { ask } = await aWaitingPatient(database, mailing, 3)
  for (let n = 1; n <= 10; n += 1) expect(await ask(`198.51.${n}.7`)).toBe(1)
  expect(await ask('203.0.113.9')).toBe(1)
})

/** Bookings with one address at one clinic, and `ask`, which asks for the ticket of one. */
async function bookingsOfOneAddress(database: TestDatabase, { rest, processed }: Sending) {
  const email = `${crypto.randomUUID()}@example.org`
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  /** @param from the network that books it; null: the clinic does */
  const book = async (from: string | null, status: 'PENDING' | 'CONFIRMED' = 'CONFIRMED') => {
    const slot = await aSlot(database, doctor)
    const booking = await aBooking(database, slot, { status, patient: { name: 'Ada', email } })
    if (from !== null) {
      await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
          values (${clinic.no}, md5(${from})::uuid, ${booking.id}, 'network', now())`)
    }
    const day = slot.startsAt.toISOString().slice(0, 10)
    const body = { clinicId: clinic.id, reference: referenceOf(booking.id), day, email }
    return (remoteAddress: string, times = 1) =>
      mailsOf(database, 'ticket_link', async () => {
        for (let n = 0; n < times; n += 1) {
          expect((await rest.call('sendTicketLink', { body, remoteAddress })).status).toBe(202)
          await processed()
        }
      })
  }
  return { book }
}

test('strangers’ bookings with an address, of many networks, cost its owner nothing', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  const own = await book('the network of the owner')
  let fromStrangers = 0
  for (let network = 1; network <= 4; network += 1) {
    for (let n = 1; n <= 9; n += 1) {
      const ask = await book(`network ${network}`)
      fromStrangers += await ask(`198.51.100.${network}`)
    }
  }
  // Ten, the first of each further network of a booking, and one more for the network that asks.
  expect(fromStrangers).toBe(13)
  expect(await own('203.0.113.9')).toBe(1)
})

test('strangers of 33 networks cost nothing of who asks with the reference', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  const own = await book('the network of the owner')
  let sent = 0
  for (let network = 1; network <= 33; network += 1) {
    const ask = await book(`network ${network}`)
    sent += await ask(`198.51.100.${network}`)
  }
  // Thirty of the address, and one more for the network that asks.
  expect(sent).toBe(31)
  expect(await own('203.0.113.9', 3)).toBe(1)
})

test('whoever booked once with an address causes ten mails, from any networks', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  const ask = await book('the network of a stranger')
  let sent = 0
  for (let n = 1; n <= 15; n += 1) sent += await ask(`198.51.${n}.7`)
  expect(sent).toBe(10)
})

test('an address gets 60 more mails in a day, from any number of networks', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  let sent = 0
  for (let network = 1; network <= 95; network += 1) {
    const ask = await book(`network ${network}`)
    sent += await ask(`198.51.${network}.7`)
  }
  expect(sent).toBe(90)
})

test('holds that nobody has confirmed use up nothing of a confirmed booking', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  let ofHolds = 0
  for (let network = 1; network <= 33; network += 1) {
    const ask = await book(`network ${network}`, 'PENDING')
    ofHolds += await ask(`198.51.100.${network}`)
  }
  expect(ofHolds).toBe(31)
  const own = await book('network 1')
  expect(await own('203.0.113.9')).toBe(1)
})

test('one network causes 3 mails of a ticket, 10 of an address, none of another', async ({ database, mailing }) => {
  const { book } = await bookingsOfOneAddress(database, mailing)
  const others = [await book(null), await book(null), await book(null), await book(null)]
  const own = await book(null)
  let sent = 0
  for (const ask of others) sent += await ask('203.0.113.1', 4)
  expect(sent).toBe(10)
  expect(await own('203.0.113.2')).toBe(0)
  expect(await own('203.0.114.2', 2)).toBe(2)
})

test('what strangers ask for at the waitlist uses up nothing of a ticket', async ({ database, mailing }) => {
  const { clinic, doctor, email, ask } = await aWaitingPatient(database, mailing)
  for (let n = 1; n <= 4; n += 1) await ask(`198.51.100.${n}`, 4)
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot, { status: 'CONFIRMED', patient: { name: 'Ada', email } })
  const day = slot.startsAt.toISOString().slice(0, 10)
  const body = { clinicId: clinic.id, reference: referenceOf(booking.id), day, email }
  const askForTicket = async () => {
    expect((await mailing.rest.call('sendTicketLink', { body })).status).toBe(202)
    await mailing.processed()
  }
  expect(await mailsOf(database, 'ticket_link', askForTicket)).toBe(1)
})

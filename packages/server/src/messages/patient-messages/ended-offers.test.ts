import type { MailOutcome } from '@holdfast/adapters/smtp'
import {
  beginSending,
  createEngine,
  defaultMessageChoices,
  inTransaction,
  planMessages,
  takeDueMessages,
} from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { createLogger } from '../../observe/logger.ts'
import { createKeyedDigests } from '../../secrets/keyed-digests.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createRecipientDigests } from '../recipient-digests.ts'
import { sendDueMessages } from './send-due-messages.ts'

/** A place is offered to somebody who waits; their e-mail about it is due. */
async function anOffer(database: TestDatabase) {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onTestFinished(() => engine.stop())
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  const entry = await aWaitlistEntry(database, doctor, { patient: { name: 'Ada', email: 'ada@example.org' } })
  const cancelled = { bookingId: booking.id, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null }
  await engine.settle({ ...cancelled, action: 'cancel' })
  /** Plans messages as the relay does with the events of the offer. */
  const plan = async (version: number) => {
    const { rows } = await database.ownerPool.query(sql`
      select e.booking_id as "bookingId", e.version, e.at, e.type, e.slot_id as "slotId", e.reason,
             e.actor_id as "actorId", e.clinic_no as "clinicNo", false as "isCase"
        from holdfast.booking_event e join holdfast.booking b on b.clinic_no = e.clinic_no and b.id = e.booking_id
       where b.waitlist_entry_id is not null and e.clinic_no = ${clinic.no} and e.version = ${version}`)
    expect(await inTransaction(database.appPool, (transaction) => planMessages(transaction, rows))).toBe(1)
  }
  await plan(1)
  return {
    async outcomes() {
      const { rows } = await database.ownerPool.query(sql`select kind, state, reason from holdfast.message
          where clinic_no = ${clinic.no} order by version`)
      return rows
    },
    /** The doctor takes no bookings any more, so the offer ends, and the notice of that is planned. */
    async withdraw() {
      await engine.directory.updateDoctor(doctor.id, { active: false })
      await plan(2)
    },
    /** It lapses, after as many others, and what that causes is planned. */
    async lapse(missed: number) {
      await database.ownerPool.query('update holdfast.waitlist_entry set missed = $2 where id = $1', [entry.id, missed])
      await lapseHolds(database, slot)
      await database.appPool.query('select holdfast.expire_holds(100)')
      await plan(2)
    },
  }
}

/** The process takes what is due, and ends. */
async function endsWhile(database: TestDatabase, isHandedOver: boolean) {
  const [message] = await takeDueMessages(database.appPool, { channel: 'email', limit: 1, seconds: 60 })
  if (message === undefined) throw new Error('Nothing is due.')
  if (isHandedOver) expect(await beginSending(database.appPool, message, 10)).toBe(true)
}

/** Sends what is due to a mail server that responds like this. @returns the subjects */
async function send(database: TestDatabase, kind: MailOutcome['kind']): Promise<string[]> {
  const subjects: string[] = []
  const mailer = {
    async send({ subject }: { subject: string }, begin: () => Promise<boolean>) {
      if (!(await begin())) return { kind: 'not_begun' as const, response: '' }
      subjects.push(subject)
      return { kind, response: kind }
    },
    close: () => undefined,
  }
  const sender = {
    ...sampleSettings,
    mailer,
    sms: null,
    digestOf: createKeyedDigests(['a secret'], 'message-recipient'),
    recipientDigests: createRecipientDigests(['a secret']),
    accountOf: async () => null,
    choices: async () => defaultMessageChoices,
    currentEmail: async (_accountId: string, email: string) => email,
  }
  await sendDueMessages({ pool: database.appPool, sender, log: createLogger('silent') })
  return subjects
}

/** Ends the pauses, and the times of attempts whose process has ended. */
const passTime = (database: TestDatabase) =>
  database.ownerPool.query(`update holdfast.message
      set due_at = now(), attempt_until = case when attempt_until is not null then now() end where state = 'due'`)

type Step = MailOutcome['kind'] | 'ends before' | 'ends after'

async function attempt(database: TestDatabase, step: Step) {
  await passTime(database)
  if (step === 'ends before' || step === 'ends after') await endsWhile(database, step === 'ends after')
  else await send(database, step)
}

/** Sends to a mail server that accepts, at once, and what has to wait. @returns the number of e-mails */
async function sendAll(database: TestDatabase): Promise<number> {
  const atOnce = await send(database, 'accepted')
  await passTime(database)
  return [...atOnce, ...(await send(database, 'accepted'))].length
}

const maybeArrived: [string, Step[]][] = [
  ['whose process ended after it was handed over', ['ends after']],
  ['that was handed over and then refused for now', ['ends after', 'failed']],
  ['that the mail server did not reply to', ['unknown']],
  ['without a reply, and then refused for now', ['unknown', 'failed', 'failed']],
  ['without a reply, and whose process ended before another attempt', ['unknown', 'ends before']],
]

test.for(maybeArrived)('after an offer %s, the patient learns of its withdrawal', async ([, steps], { database }) => {
  const offer = await anOffer(database)
  for (const step of steps) await attempt(database, step)
  await offer.withdraw()
  expect(await sendAll(database)).toBe(1)
  expect(await offer.outcomes()).toEqual([
    { kind: 'offered', state: 'skipped', reason: 'replaced' },
    { kind: 'withdrawn', state: 'sent', reason: null },
  ])
})

const notArrived: [string, Step[]][] = [
  ['refused for now', ['failed', 'failed']],
  ['taken by a process that ended before it was handed over', ['ends before']],
]

test.for(notArrived)('an offer that was only %s is not withdrawn by a message', async ([, steps], { database }) => {
  const offer = await anOffer(database)
  for (const step of steps) await attempt(database, step)
  await offer.withdraw()
  expect(await sendAll(database)).toBe(0)
  expect(await offer.outcomes()).toEqual([
    { kind: 'offered', state: 'skipped', reason: 'replaced' },
    { kind: 'withdrawn', state: 'skipped', reason: 'offer_ended' },
  ])
})

test('an offer that arrived is withdrawn by a message, one to a refused address is not', async ({ database }) => {
  const offer = await anOffer(database)
  expect(await send(database, 'accepted')).toHaveLength(1)
  await offer.withdraw()
  expect(await send(database, 'accepted')).toHaveLength(1)
  const refused = await anOffer(database)
  expect(await send(database, 'address_refused')).toHaveLength(1)
  await refused.withdraw()
  expect(await sendAll(database)).toBe(0)
})

test('after the last offer that is not answered, the patient learns that they wait no longer', async ({ database }) => {
  const offer = await anOffer(database)
  expect(await send(database, 'accepted')).toHaveLength(1)
  await offer.lapse(2)
  expect(await send(database, 'accepted')).toEqual([expect.stringMatching('You are no longer on the waitlist of ')])
  expect(await offer.outcomes()).toMatchObject([
    { kind: 'offered', state: 'sent' },
    { kind: 'unanswered', state: 'sent' },
  ])
})

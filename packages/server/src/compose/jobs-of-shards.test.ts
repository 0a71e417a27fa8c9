// Nightly: each job, with several databases

import { randomUUID } from 'node:crypto'
import { clinicNoIn, createPool, newId } from '@holdfast/engine'
import {
  aBooking,
  aMember,
  aSlot,
  aWaitlistEntry,
  type BuiltSlot,
  lapseHolds,
  type MailServer,
  mailServer,
  type SlotOverrides,
  someMessageSettings,
  takenOf,
  until,
  webhookReceiver,
} from '@holdfast/testkit'
import { referenceOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { call, signUp } from '../../test/running-server.ts'
import {
  type Scene,
  type ShardDatabase,
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  settingsOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'
import { jobs } from '../jobs/jobs.ts'
import { createAccountMails } from '../messages/account-mails/account-mails.ts'
import { mailTexts } from '../messages/rendering/render-mail.ts'
import { createLogger } from '../observe/logger.ts'
import { startWorker } from '../worker.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays what follows the log.
const arrivesWithinMs = 45_000

let smtp: MailServer
let database: ShardedDatabase
/** Stores what is to be sent. It is sent by a worker. */
let server: ShardedServer
let scene: Scene
beforeAll(async () => {
  smtp = await mailServer()
  database = await shardedDatabase()
  server = await serverOfShards(database, { SMTP_URL: smtp.url, HOLDFAST_WEBHOOK_PRIVATE: 'on' })
  scene = await sceneOf(server.url, database)
})
afterAll(async () => {
  await server.stop()
  await database.drop()
  await smtp.end()
})

const eventually = (what: string, isSo: () => Promise<boolean>) =>
  until(
    async () => await isSo(),
    () => what,
    arrivesWithinMs,
  )

type Row = Record<string, unknown>

const rowsOf = async ({ database: { ownerPool } }: ShardDatabase, text: string, values: unknown[] = []) =>
  (await ownerPool.query<Row>(text, values)).rows

/** The rows of each database, in their order. */
const inEach = (text: string, values: unknown[] = []) =>
  Promise.all(database.shards.map((shard) => rowsOf(shard, text, values)))

/**
 * Runs a worker until the end of the test, as a process beside the servers. Resolves when it follows the log of each
 * database.
 */
async function aWorker(): Promise<void> {
  const env = settingsOfShards(database, { SMTP_URL: smtp.url, HOLDFAST_WEBHOOK_PRIVATE: 'on' })
  const worker = await startWorker({ env, log: createLogger('silent'), say: () => undefined })
  onTestFinished(() => worker.stop())
  await eventually('the logs to be followed', async () => {
    const receivers = "select from holdfast.log_receiver where name in ('email', 'webhooks') and holder is not null"
    return (await inEach(receivers)).every(({ length }) => length === 2)
  })
}

/** A clinic of each database, without quiet hours. */
async function aClinicOfEach() {
  const of = async (shard: ShardDatabase) => {
    const clinicId = await scene.aClinicIn(shard.no)
    const clinicNo = clinicNoIn(clinicId) ?? 0
    await someMessageSettings(shard.database, clinicNo, { quiet_from: '00:00', quiet_until: '00:00' })
    const doctor = { clinicId, clinicNo, id: await scene.aDoctor(clinicId) }
    const slot = (overrides: SlotOverrides = {}) => aSlot(shard.database, doctor, { capacity: 5, ...overrides })
    return { shard, database: shard.database, clinicId, clinicNo, doctor, slot }
  }
  const clinics = []
  for (const shard of database.shards) clinics.push(await of(shard))
  return clinics
}

/** Somebody who has proven their address. */
async function aReader() {
  const email = `${randomUUID()}@example.org`
  const account = await signUp(server.url, email)
  await database.ownerPool.query('update auth."user" set "emailVerified" = true where id = $1', [account.id])
  // The one about the address, which would be sent at any time.
  await database.ownerPool.query('delete from holdfast.account_mail')
  return { ...account, email }
}

const mailsTo = (email: string) => smtp.mails.filter(({ recipients }) => recipients.includes(email))

/** A reminder that is due, of a booking. The worker may have planned it already. */
async function remind(
  { database: { ownerPool } }: ShardDatabase,
  slot: BuiltSlot,
  booking: { id: string; version: number },
) {
  const { rows } = await ownerPool.query<{ id: string }>(sql`
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, minutes_before, due_at)
     values (${slot.clinicNo}, ${newId(slot.clinicNo)}, ${booking.id}, ${booking.version}, ${slot.id}, 'reminder',
             'email', 120, now())
     on conflict (clinic_no, booking_id, version, kind, channel, minutes_before) do update set due_at = excluded.due_at
     returning id`)
  return rows[0]?.id
}

describe('the jobs of each database', () => {
  test('apply what accounts have chosen in the directory, and not what is in their own tables', async () => {
    await aWorker()
    const clinics = await aClinicOfEach()
    const { id: accountId, email, token } = await aReader()
    const choices = { reminderEmails: false, smsKindsOff: [], language: 'de' }
    await scene.api('PUT', '/me/message-choices', choices, token)
    const undecided = await aReader()
    for (const { shard, slot } of clinics) {
      if (shard.no > 0) {
        // Nothing writes this. A job that read it would send the other language, and the reminder.
        await rowsOf(
          shard,
          `insert into auth."user" (id, email, name, "emailVerified", "createdAt", "updatedAt")
           values ($1, $2, 'Ada', true, now(), now())`,
          [accountId, email],
        )
        await rowsOf(
          shard,
          `insert into holdfast.message_choice (account_id, reminder_emails, sms_kinds_off, language)
           values ($1, true, '{}', 'ar')`,
          [accountId],
        )
      }
      // Beside those about the account itself, which arrive at any time.
      const tickets = (to: string, language: 'de' | 'en') =>
        mailsTo(to).filter(({ text }) => text?.includes(mailTexts[language].openTicket) === true).length
      const before = [tickets(email, 'de'), tickets(undecided.email, 'en')] as const
      const at = await slot()
      const booking = await aBooking(shard.database, at, { patient: { name: 'Ada', email } })
      await eventually('the e-mail', async () => tickets(email, 'de') > before[0])
      const other = await aBooking(shard.database, at, { patient: { name: 'Grace', email: undecided.email } })
      const ids = [await remind(shard, at, booking), await remind(shard, at, other)]
      const states = () =>
        rowsOf(shard, 'select state, reason from holdfast.message where id = any ($1) order by id', [ids])
      await rowsOf(shard, "select graphile_worker.add_job('messages')")
      await eventually('the reminders', async () => (await states()).every(({ state }) => state !== 'due'))
      expect(await states()).toEqual([
        { state: 'skipped', reason: 'unwanted' },
        { state: 'sent', reason: null },
      ])
      expect(tickets(undecided.email, 'en')).toBeGreaterThan(before[1])
    }
  })

  test('deliver to the webhooks of its clinics, and notify people at their addresses in the directory', async () => {
    const receiver = await webhookReceiver()
    onTestFinished(() => receiver.end())
    await aWorker()
    for (const { shard, clinicId, clinicNo, doctor, slot } of await aClinicOfEach()) {
      await scene.api('POST', `/clinics/${clinicId}/webhooks`, { url: receiver.url, events: ['booking.confirmed'] })
      const admin = await aReader()
      await aMember(shard.database, { no: clinicNo }, { role: 'admin', accountId: admin.id })
      receiver.respondWith(204)
      const booking = await aBooking(shard.database, await slot())
      await eventually('the delivery', async () => receiver.received.some(({ body }) => body.includes(booking.id)))
      receiver.respondWith(410)
      await aBooking(shard.database, await slot())
      const isNotified = (of: string) => async () => mailsTo(admin.email).some(({ text }) => text?.includes(of))
      await eventually('the e-mail that it is paused', isNotified(new URL(receiver.url).host))
      await rowsOf(
        shard,
        `insert into holdfast.busy_calendar (clinic_no, resource_id, url, failing_since, reason, problem)
         values ($1, $2, 'sealed with another secret', now() - interval '25 h', 'url_lost', '')`,
        [clinicNo, doctor.id],
      )
      await rowsOf(shard, "select graphile_worker.add_job('calendars')")
      await eventually('the e-mail that a calendar is not read', isNotified(`/clinic/${clinicId}/times`))
    }
  })

  test('expire its holds, erase its patients after the time of their clinic, and have their own schedule', async () => {
    const clinics = await aClinicOfEach()
    const outdated = []
    for (const { shard, clinicNo, slot } of clinics) {
      const held = await slot()
      await aBooking(shard.database, held, { status: 'PENDING' })
      await lapseHolds(shard.database, held)
      const old = await slot({ startsAt: new Date(Date.now() - 400 * 86_400_000) })
      const { id } = await aBooking(shard.database, old, { patient: { name: 'Long ago' } })
      await rowsOf(shard, 'update holdfast.clinic set patient_data_months = 3 where no = $1', [clinicNo])
      outdated.push({ shard, id, held })
    }
    await aWorker()
    for (const { shard, id, held } of outdated) {
      await eventually('the hold to expire', async () => (await takenOf(shard.database, held))[0] === 0)
      const erased = 'select from holdfast.booking where id = $1 and erased_at is not null'
      await eventually('the erasure', async () => (await rowsOf(shard, erased, [id])).length === 1)
      const scheduled = 'select identifier from graphile_worker._private_known_crontabs'
      await eventually('the schedule', async () => (await rowsOf(shard, scheduled)).length === jobs.length)
    }
  })
})

/** Which requests, and mails that they have led to, are in each database. */
const stored = async (...kinds: string[]) => {
  const found = await inEach('select kind from holdfast.account_mail where kind = any ($1) order by kind', [
    kinds.flatMap((kind) => [kind, `${kind}_request`]),
  ])
  return found.map((rows) => rows.map(({ kind }) => kind))
}

describe('requests of patients', () => {
  test('for lost links are processed in the database of their clinic', async () => {
    const emails: string[] = []
    const expected: string[][] = []
    for (const { shard, clinicId, doctor, slot } of await aClinicOfEach()) {
      const email = `${randomUUID()}@example.org`
      const patient = { name: 'Iris', email }
      await aWaitlistEntry(shard.database, doctor, { patient })
      const at = await slot()
      const { id } = await aBooking(shard.database, at, { patient })
      const day = at.startsAt.toISOString().slice(0, 10)
      await scene.api('POST', '/waitlist-links', { clinicId, email })
      await scene.api('POST', '/ticket-links', { clinicId, email, day, reference: referenceOf(id) })
      expected.push(['entry_link', 'ticket_link'])
      const others = database.shards.slice(expected.length).map(() => [])
      await expect
        .poll(() => stored('entry_link', 'ticket_link'), { timeout: arrivesWithinMs })
        .toEqual([...expected, ...others])
      emails.push(email)
    }
    await aWorker()
    // Beside the confirmation of the booking, which arrives before or after them.
    const wanted = ['Your ticket for', 'Your entry on the waitlist']
    for (const email of emails) {
      await eventually('both mails', async () =>
        wanted.every((begin) => mailsTo(email).some(({ subject }) => subject?.startsWith(begin) === true)),
      )
    }
  })

  test('with the account’s password are processed in the directory alone', async () => {
    const { email } = await aReader()
    const [, shard] = database.shards
    const found = await rowsOf(shard as ShardDatabase, 'select from auth."user" where email = $1', [email])
    expect(found).toEqual([])
    const body = { email }
    expect((await call(`${server.url}/api/auth/request-password-reset`, { method: 'POST', body })).status).toBe(200)
    await expect.poll(() => stored('password_reset'), { timeout: arrivesWithinMs }).toEqual([['password_reset'], []])
    await aWorker()
    await eventually('it to be sent', async () => (await stored('password_reset')).flat().length === 0)
    const sent = mailsTo(email).length
    expect(sent).toBeGreaterThan(0)
    // In another database, no server knows what to do with such a request.
    const { sessionUrl } = (shard as ShardDatabase).database
    const pool = createPool({ url: sessionUrl, max: 1, name: 'test' })
    onTestFinished(() => pool.end())
    const { HOLDFAST_SECRET = '' } = settingsOfShards(database)
    const mails = createAccountMails({ secrets: [HOLDFAST_SECRET], pool, isAvailable: true })
    await mails.request('password_reset_request', { email, language: 'en', network: null })
    const attempted = 'select from holdfast.account_mail where attempts = 1 and attempt_until is null'
    await eventually('an attempt', async () => (await rowsOf(shard as ShardDatabase, attempted)).length === 1)
    expect(mailsTo(email)).toHaveLength(sent)
  })

  test('to be erased are processed in the database of their clinic, and recorded there', async () => {
    const clinics = await aClinicOfEach()
    const email = `${randomUUID()}@example.org`
    const past = { startsAt: new Date(Date.now() - 2 * 86_400_000) }
    const bookings: string[] = []
    for (const { shard, slot } of clinics) {
      const { id } = await aBooking(shard.database, await slot(past), { patient: { name: 'Iris', email } })
      bookings.push(id)
    }
    const left = () => inEach('select id from holdfast.booking where patient->>$1 = $2', ['email', email])
    for (const { shard, clinicId, clinicNo } of clinics) {
      const response = await scene.api('POST', `/clinics/${clinicId}/erase-patients`, { email })
      expect(response.body).toMatchObject({ erased: 1 })
      const expected = bookings.map((id, no) => (no > shard.no ? [{ id }] : []))
      expect(await left()).toEqual(expected)
      const erasures = await inEach('select id from holdfast.erasure where clinic_no = $1', [clinicNo])
      expect(erasures).toEqual(bookings.map((id, no) => (no === shard.no ? [{ id }] : [])))
      const recorded = async () => {
        const events = "select from holdfast.audit_event where clinic_no = $1 and kind = 'patients_erased'"
        return (await inEach(events, [clinicNo])).map(({ length }) => length)
      }
      const onlyThere = JSON.stringify(database.shards.map((one) => Number(one === shard)))
      await eventually('the event', async () => JSON.stringify(await recorded()) === onlyThere)
    }
  })
})

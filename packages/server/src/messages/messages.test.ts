import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aMember,
  aPng,
  aSlot,
  type BuiltSlot,
  type MailServer,
  mailServer,
  someMessageSettings,
  until,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mailHeader, openUnsubscribe, pressUnsubscribe, unsubscribeAddress } from '../../test/mail-program.ts'
import { call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 45_000
let mails: MailServer
let server: RunningServer
let slot: BuiltSlot
let staff: string

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url, HOLDFAST_URL: 'https://book.example.org' })
  await untilRelayStarted()
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

beforeEach(async () => {
  mails.mails.length = 0
  mails.refuseWith(null)
  await aScene()
})

/** All mails but those that confirm the addresses of the tests' accounts. */
const toPatients = () => mails.mails.filter(({ text }) => !text?.includes('/confirm-email#'))

async function untilRelayStarted(): Promise<void> {
  const { ownerPool } = server.database
  await until(
    async () => {
      const statement = `select from holdfast.log_receiver where name = 'email' and holder is not null`
      return (await ownerPool.query(statement)).rowCount === 1
    },
    'the relay to start',
    arrivesWithinMs,
  )
}

async function aScene(): Promise<void> {
  const clinic = await aClinic(server.database, { name: 'Riverside', timezone: 'Europe/Berlin' })
  slot = await aSlot(server.database, await aDoctor(server.database, clinic, { name: 'Dr Hopper' }), { capacity: 10 })
  const account = await signUp(server.url, `${randomUUID()}@example.org`)
  await aMember(server.database, clinic, { role: 'admin', accountId: account.id })
  staff = account.token
}

async function book(patient: object, units = 1): Promise<{ id: string; manageToken: string }> {
  const body = { slotId: slot.id, units, patient: { name: 'Ada', ...patient }, confirm: true }
  const response = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
  expect(response.status).toBe(201)
  return { id: String(response.body.id), manageToken: String(response.body.manageToken) }
}

const change = (id: string, manageToken: string, what: string, body: object = {}) =>
  call(`${server.url}/api/v1/bookings/${id}/${what}`, { method: 'POST', body, bearer: manageToken })

const arrived = (count: number, to: string) =>
  until(
    async () => {
      const found = mails.mails.filter(({ recipients }) => recipients.includes(to))
      return found.length >= count ? found : undefined
    },
    () => `${count} mails to ${to}: ${mails.mails.map(({ subject }) => subject).join(', ')}`,
    arrivesWithinMs,
  )

async function messagesOf(bookingId: string) {
  const clinicId = await clinicOf()
  const { body } = await call(`${server.url}/api/v1/clinics/${clinicId}/messages?bookingId=${bookingId}`, {
    bearer: staff,
  })
  return body.items as {
    id: string
    kind: string
    state: string
    maskedAddress: string
    result: string | null
    reason: string | null
    failure: string | null
    willSkip: string | null
  }[]
}

async function clinicOf(): Promise<string> {
  const { rows } = await server.database.ownerPool.query(sql`
    select id from holdfast.clinic where no = ${slot.clinicNo}`)
  return rows[0].id
}

const messageIn = (bookingId: string, kind: string, state: string) =>
  until(
    async () => (await messagesOf(bookingId)).find((message) => message.kind === kind && message.state === state),
    `the message ${kind} to be ${state}`,
    arrivesWithinMs,
  )

test('a patient gets one mail for a confirmation, with the ticket, and one for the cancellation', async () => {
  const { id, manageToken } = await book({ email: 'ada@example.org', language: 'de' })
  const [confirmation] = await arrived(1, 'ada@example.org')
  expect(confirmation?.subject).toContain('bestätigt')
  expect(confirmation?.text).toContain(`https://book.example.org/ticket#${id}.${manageToken}`)
  expect(confirmation?.from).toMatchObject({ name: 'Riverside', address: 'no-reply@book.example.org' })
  expect(confirmation?.attachments.map(({ mimeType }) => mimeType)).toContain('application/ics')
  expect(confirmation?.raw).toMatch(/content-type: text\/calendar; charset=utf-8; method=REQUEST/i)
  await change(id, manageToken, 'cancel', { reason: 'I am better' })
  const [, cancellation] = await arrived(2, 'ada@example.org')
  expect(cancellation?.subject).toContain('abgesagt')
  expect(cancellation?.text).toContain('Wie gewünscht')
  // The address may be somebody else's, and must not get what a stranger wrote.
  expect(cancellation?.text).not.toContain('I am better')
  expect(await messageIn(id, 'cancelled', 'sent')).toMatchObject({ maskedAddress: 'a…@example.org', state: 'sent' })
  expect(server.logText()).not.toContain('ada@example.org')
})

test('reminders of a visit that was moved, and then cancelled, are listed as not to be sent', async () => {
  const doctor = { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' }
  const inDays = (days: number) =>
    aSlot(server.database, doctor, { startsAt: new Date(Date.now() + days * 86_400_000), capacity: 9 })
  const later = await inDays(6)
  slot = await inDays(5)
  const { id, manageToken } = await book({ email: 'ivy@example.org' })
  await messageIn(id, 'confirmed', 'sent')
  const reminders = async () => (await messagesOf(id)).filter(({ kind }) => kind === 'reminder')
  const skipped = async () => (await reminders()).map(({ state, willSkip }) => `${state} ${willSkip}`)
  expect(await skipped()).toEqual(['due null', 'due null'])
  await someMessageSettings(server.database, slot.clinicNo, { reminder_minutes: [120] })
  expect((await skipped()).toSorted()).toEqual(['due null', 'due reminder_off'])
  expect((await change(id, manageToken, 'reschedule', { slotId: later.id })).status).toBe(200)
  await messageIn(id, 'moved', 'due')
  expect(await skipped()).toEqual(['due null', 'due replaced', 'due replaced'])
  expect((await change(id, manageToken, 'cancel')).status).toBe(200)
  await messageIn(id, 'cancelled', 'sent')
  expect(new Set(await skipped())).toEqual(new Set(['due replaced']))
})

test('a withdrawn time: the mail offers others with as many places', async () => {
  const { id } = await book({ email: 'eve@example.org' }, 2)
  await arrived(1, 'eve@example.org')
  const doctor = { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' }
  const narrow = await aSlot(server.database, doctor)
  const wide = await aSlot(server.database, doctor, { capacity: 2 })
  const url = `${server.url}/api/v1/slots/${slot.id}?withBookings=true`
  expect((await call(url, { method: 'DELETE', bearer: staff })).status).toBe(200)
  const [, withdrawn] = await arrived(2, 'eve@example.org')
  expect(withdrawn?.subject).toContain('cannot take place')
  expect(withdrawn?.text).toContain(`https://book.example.org/doctors/${slot.doctorId}?from=`)
  expect(withdrawn?.text).toContain('These times are free')
  expect(withdrawn?.text).toContain('2 places')
  expect(withdrawn?.text).toContain(`&slot=${wide.id}&type=in_person&units=2`)
  expect(withdrawn?.text).not.toContain(narrow.id)
  expect(await messageIn(id, 'withdrawn', 'sent')).toBeDefined()
})

test('a temporary failure is repeated, a final one is not; staff send it again', async () => {
  mails.refuseWith('450 try later, ada@example.net')
  const later = await book({ email: 'ada@example.net' })
  const waiting = await until(
    async () => (await messagesOf(later.id)).find(({ kind, result }) => kind === 'confirmed' && result !== null),
    'the first attempt',
    arrivesWithinMs,
  )
  expect(waiting).toMatchObject({ state: 'due', maskedAddress: 'a…@example.net' })
  expect(waiting.result).toContain('450')
  expect(waiting.result).not.toContain('ada@')
  mails.refuseWith('550 no such user')
  const never = await book({ email: 'nobody@example.net' })
  const failed = await messageIn(never.id, 'confirmed', 'failed')
  expect(failed).toMatchObject({ result: '550 no such user', failure: 'address_refused' })
  mails.refuseWith(null)
  const url = `${server.url}/api/v1/clinics/${await clinicOf()}/messages/${failed.id}/send`
  expect((await call(url, { method: 'POST', bearer: staff })).body).toMatchObject({ state: 'due', failure: null })
  // The job runs each minute by itself.
  await server.database.appPool.query(`select graphile_worker.add_job('messages')`)
  await messageIn(never.id, 'confirmed', 'sent')
  const tooSoon = await call(url, { method: 'POST', bearer: staff })
  expect(tooSoon).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(tooSoon.headers.get('retry-after'))).toBeGreaterThan(0)
  const recorded = `select subject_id as id, count from holdfast.audit_event where kind = 'message_sent_again'`
  const events = await until(
    async () => {
      const { rows } = await server.database.ownerPool.query(recorded)
      return rows.length === 0 ? undefined : rows
    },
    'the event that the message was sent again',
    arrivesWithinMs,
  )
  expect(events).toEqual([{ id: never.id, count: 1 }])
  const read = `select kind, subject_id as id from holdfast.audit_event where details = '{messages}' order by kind`
  const ofBooking = `${server.url}/api/v1/clinics/${await clinicOf()}/messages?bookingId=${never.id}`
  expect((await call(ofBooking, { bearer: staff })).status).toBe(200)
  const reads = async () => (await server.database.ownerPool.query(read)).rows
  await until(
    async () => (await reads()).some(({ id }) => id === never.id),
    'the event that the messages of the booking were read',
    arrivesWithinMs,
  )
  expect(await reads()).toContainEqual({ kind: 'booking_read', id: never.id })
  await server.database.ownerPool.query(`update holdfast.message set due_at = now() where id = $1`, [waiting.id])
  await server.database.appPool.query(`select graphile_worker.add_job('messages')`)
  await arrived(1, 'nobody@example.net')
  await arrived(1, 'ada@example.net')
})

test('a reminder asks whether the patient comes, and its link confirms it; the next one does not ask', async () => {
  const { ownerPool, appPool } = server.database
  const { id } = await book({ email: 'rita@example.net' })
  await messageIn(id, 'confirmed', 'sent')
  const remind = async (minutesBefore: number) => {
    await ownerPool.query(sql`update holdfast.message set due_at = now() where booking_id = ${id} and kind = 'reminder'
        and minutes_before = ${minutesBefore}`)
    await appPool.query(`select graphile_worker.add_job('messages')`)
  }
  await remind(1440)
  const [, asking] = await arrived(2, 'rita@example.net')
  const [, token = ''] = /\/ticket\?attend=true#[^.]+\.(\S+)/.exec(asking?.text ?? '') ?? []
  const said = await change(id, token, 'attendance', { slotId: slot.id })
  expect(said).toMatchObject({ status: 200, body: { attendanceConfirmedAt: expect.any(String) } })
  await remind(120)
  // The third mail: nothing was sent for the confirmation.
  const [, , knowing] = await arrived(3, 'rita@example.net')
  expect(knowing?.text).not.toContain('attend=true')
  expect(knowing?.text).toContain('you have told us that you are coming')
})

test('reminders are turned off by the mail program and on again by the link, not by opening it', async () => {
  const { ownerPool, appPool } = server.database
  const remind = async () => {
    const { id } = await book({ email: 'nora@example.net' })
    await messageIn(id, 'confirmed', 'sent')
    await ownerPool.query(sql`update holdfast.message set due_at = now() where booking_id = ${id} and kind = 'reminder'
        and minutes_before = 120`)
    await appPool.query(`select graphile_worker.add_job('messages')`)
    return id
  }
  const id = await remind()
  await messageIn(id, 'reminder', 'sent')
  const [confirmation, reminder] = await arrived(2, 'nora@example.net')
  expect(mailHeader(confirmation, 'list-unsubscribe')).toBeUndefined()
  const { pathname, token } = unsubscribeAddress(reminder)
  expect(reminder?.text).toContain(`https://book.example.org/reminders#${id}.${token}`)

  const isOff = async () => (await ownerPool.query('select from holdfast.reminder_opt_out')).rowCount !== 0
  const pressed = (path: string) => pressUnsubscribe(server.url + path)
  expect(await openUnsubscribe(server.url + pathname)).toEqual({ status: 303, location: `/reminders#${id}.${token}` })
  expect(await pressed(`${pathname.slice(0, -4)}AAAA`)).toBe(422)
  expect(await isOff()).toBe(false)
  expect(await pressed(pathname)).toBe(200)
  expect(await pressed(pathname)).toBe(200)
  expect(await isOff()).toBe(true)
  expect((await messageIn(await remind(), 'reminder', 'skipped')).reason).toBe('unwanted')

  const choose = (body: object) => call(`${server.url}/api/v1/reminder-choices`, { method: 'POST', body })
  expect((await choose({ bookingId: randomUUID(), token, reminders: true })).body.code).toBe('link_used')
  const on = await choose({ bookingId: id, token, reminders: true })
  expect(on).toMatchObject({ status: 200, body: { clinicName: 'Riverside', reminders: true } })
  await messageIn(await remind(), 'reminder', 'sent')
})

test('the clinic’s logo is part of the mail, beside the calendar file', async () => {
  const url = `${server.url}/api/v1/clinics/${await clinicOf()}/logo`
  const image = aPng({ width: 90, height: 30 })
  const body = { image: image.toString('base64') }
  expect((await call(url, { method: 'PUT', bearer: staff, body })).status).toBe(204)
  await book({ email: 'logo@example.org' })
  const [mail] = await arrived(1, 'logo@example.org')
  const [, cid] = /<img src="cid:([^"]+)" alt="Riverside"/.exec(mail?.html ?? '') ?? []
  const logo = mail?.attachments.find(({ contentId }) => contentId === `<${cid}>`)
  expect(logo).toMatchObject({ mimeType: 'image/png', disposition: 'inline' })
  expect(Buffer.from(logo?.content as ArrayBuffer)).toEqual(image)
  expect(mail?.attachments.map(({ mimeType }) => mimeType)).toContain('application/ics')
})

test('a reminder of a booking that was moved or cancelled meanwhile is not sent', async () => {
  const { id, manageToken } = await book({ email: 'max@example.org' })
  await arrived(1, 'max@example.org')
  await change(id, manageToken, 'cancel')
  await arrived(2, 'max@example.org')
  await server.database.ownerPool.query(`update holdfast.message set due_at = now() where booking_id = $1`, [id])
  await server.database.appPool.query(`select graphile_worker.add_job('messages')`)
  const reminder = await messageIn(id, 'reminder', 'skipped')
  expect(reminder.reason).toBe('replaced')
  expect(toPatients()).toHaveLength(2)
})

test('a guest confirms by the link in the mail; mails are sent again and to another address', async () => {
  const clinicId = await clinicOf()
  const url = `${server.url}/api/v1/clinics/${clinicId}/message-settings`
  expect((await call(url, { method: 'PATCH', bearer: staff, body: { confirmByLink: true } })).status).toBe(200)
  const { id, manageToken } = await book({ email: 'adda@example.org', language: 'ar' })
  const [typo] = await arrived(1, 'adda@example.org')
  const patient = { name: 'Ada', email: 'ada@example.org', language: 'en' }
  const corrected = await change(id, manageToken, 'confirm', { patient })
  expect(corrected.body).toMatchObject({ status: 'PENDING', confirmationLink: { sentAt: expect.any(String) } })
  const [mail] = await arrived(1, 'ada@example.org')
  expect(mail?.subject).toContain('Please confirm')
  expect(mail?.attachments).toEqual([])
  const secretIn = (text: string | undefined) => /#[^.]+[.](hfm_[^.]+)[.](hfc_[A-Za-z0-9_-]{43})/.exec(text ?? '')
  const [, access = '', confirmationToken = ''] = secretIn(mail?.text) ?? []
  expect(mail?.text).toContain(`https://book.example.org/confirm#${id}.${access}.${confirmationToken}`)
  expect(access).toBe(manageToken)
  const old = secretIn(typo?.text)?.[2] ?? ''
  expect((await change(id, manageToken, 'confirm', { confirmationToken: old })).status).toBe(400)
  const confirmed = await change(id, manageToken, 'confirm', { confirmationToken })
  expect(confirmed.body).toMatchObject({ status: 'CONFIRMED' })
  const [, confirmation] = await arrived(2, 'ada@example.org')
  expect(confirmation?.subject).toContain('is confirmed')
  expect(await messageIn(id, 'confirmed', 'sent')).toMatchObject({ maskedAddress: 'a…@example.org' })
  expect(server.logText()).not.toContain(confirmationToken)
})

test('the link to a lost ticket is sent to the address of the booking, and to nobody else', async () => {
  const { id, manageToken } = await book({ email: 'Iris@example.org', language: 'de' })
  await arrived(1, 'Iris@example.org')
  const day = slot.startsAt.toLocaleDateString('sv', { timeZone: 'Europe/Berlin' })
  const right = { clinicId: await clinicOf(), reference: id.slice(-8), day, email: 'iris@example.org' }
  const find = (body: object) =>
    call(`${server.url}/api/v1/ticket-links`, { method: 'POST', body: { ...right, ...body } })
  const strangers = [
    { email: 'stranger@example.org' },
    { reference: '0123abcd' },
    { day: '2030-01-01' },
    { reference: '0123abcd', email: 'stranger@example.org' },
  ]
  const responses = []
  for (const body of [...strangers, {}]) responses.push(await find(body))
  for (const { status, body } of responses) expect({ status, body }).toEqual({ status: 202, body: {} })
  // The last of the requests is the right one: what the others would have sent is sent before it.
  const [, lost] = await arrived(2, 'Iris@example.org')
  expect(lost?.subject).toContain('Ihr Ticket')
  expect(lost?.text).toContain(`https://book.example.org/ticket#${id}.${manageToken}`)
  expect(toPatients().flatMap(({ recipients }) => recipients)).toEqual(['Iris@example.org', 'Iris@example.org'])
  // Three mails in 15 minutes, of which two are left; another booking shows that nothing else is on its way.
  for (let times = 0; times < 4; times += 1) expect((await find({})).status).toBe(202)
  await arrived(4, 'Iris@example.org')
  await book({ email: 'last@example.org' })
  await arrived(1, 'last@example.org')
  expect(mails.mails.filter(({ recipients }) => recipients.includes('Iris@example.org'))).toHaveLength(4)
  expect((await find({ clinicId: id })).status).toBe(404)
  expect((await find({ reference: 'nonsense' })).status).toBe(400)
})

test('without a mail server, messages are kept, and shown to administrators with their content', async () => {
  const sending = server
  const keeping = await runningServer({ HOLDFAST_WORKER: 'on' })
  server = keeping
  try {
    await untilRelayStarted()
    await aScene()
    const { id } = await book({ email: 'kim@example.org' })
    const kept = await messageIn(id, 'confirmed', 'kept')
    expect(kept.result).toBeNull()
    const list = `${server.url}/api/v1/clinics/${await clinicOf()}/messages`
    const { body } = await call(`${list}/${kept.id}`, { bearer: staff })
    expect(body.text).toContain('Hello Ada')
    expect(body.html).toContain('<!doctype html>')
    // What is stored has no token: it would open the ticket for everybody who reads it.
    expect(body.text).toContain('/ticket\n')
    const { rows } = await keeping.database.ownerPool.query(sql`select content::text as content from holdfast.message
        where id = ${kept.id}`)
    expect(rows[0].content).not.toMatch(/hfm_|ticket#/)
    const member = await signUp(server.url, `${randomUUID()}@example.org`)
    await aMember(server.database, { no: slot.clinicNo }, { role: 'staff', accountId: member.id })
    const stranger = await signUp(server.url, `${randomUUID()}@example.org`)
    expect((await call(`${list}/${kept.id}`, { bearer: member.token })).status).toBe(403)
    expect((await call(list, { bearer: member.token })).status).toBe(200)
    expect((await call(list, { bearer: stranger.token })).status).toBe(404)
  } finally {
    server = sending
    await keeping.end()
  }
})

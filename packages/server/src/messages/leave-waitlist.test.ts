import { aClinic, aDoctor, aSlot, type MailServer, mailServer, offerAsFreed, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openUnsubscribe, pressUnsubscribe, unsubscribeAddress } from '../../test/mail-program.ts'
import { call, type RunningServer, runningServer } from '../../test/running-server.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 45_000
let mails: MailServer
let server: RunningServer

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url, HOLDFAST_URL: 'https://book.example.org' })
  await until(
    async () => {
      const statement = `select from holdfast.log_receiver where name = 'email' and holder is not null`
      return (await server.database.ownerPool.query(statement)).rowCount === 1
    },
    'the relay to start',
    arrivesWithinMs,
  )
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

/** A doctor with one place. */
async function aScene() {
  const clinic = await aClinic(server.database, { name: 'Riverside', timezone: 'Europe/Berlin' })
  const doctor = await aDoctor(server.database, clinic)
  const slot = await aSlot(server.database, doctor)
  const day = slot.startsAt.toLocaleDateString('sv', { timeZone: 'Europe/Berlin' })
  /** Waits for the place. */
  const join = async (email: string): Promise<string> => {
    const patient = { name: 'Grace', email, language: 'en' }
    const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
    const joined = await call(`${server.url}/api/v1/waitlist-entries`, { method: 'POST', body })
    expect(joined.status).toBe(201)
    return String(joined.body.id)
  }
  return { slot, join }
}

const change = (id: string, manageToken: string, what: string) =>
  call(`${server.url}/api/v1/bookings/${id}/${what}`, { method: 'POST', body: {}, bearer: manageToken })

/** The one about the offer. */
const mailTo = (to: string) =>
  until(
    async () => mails.mails.find(({ recipients, text }) => recipients.includes(to) && text?.includes('/offer#')),
    `a mail about an offer to ${to}`,
    arrivesWithinMs,
  )

const pressed = (path: string) => pressUnsubscribe(server.url + path)

test('whoever had an offer that the clinic withdraws is notified, and waits on', async () => {
  const { slot, join } = await aScene()
  const { appPool } = server.database
  await join('withdrawn@example.net')
  await offerAsFreed(server.database, slot)
  const offer = await mailTo('withdrawn@example.net')
  expect(offer?.text).toContain('https://book.example.org/offer#')
  const { clinicNo, doctorId, startsAt, endsAt } = slot
  await appPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${clinicNo}, ${doctorId}, 'sealed')`)
  await appPool.query(sql`
    select holdfast.set_busy_times(${clinicNo}, ${doctorId}, tstzmultirange(tstzrange(${startsAt}, ${endsAt})))`)
  const mail = await until(
    async () =>
      mails.mails.find(
        ({ recipients, subject }) =>
          recipients.includes('withdrawn@example.net') && subject?.startsWith('The time held for you is no longer'),
      ),
    'the mail about the end of the offer',
    arrivesWithinMs,
  )
  expect(unsubscribeAddress(mail)).toEqual(unsubscribeAddress(offer))
})

test('whoever waits leaves the waitlist by the mail program or the link, not by opening it', async () => {
  const { ownerPool } = server.database
  const { slot, join } = await aScene()
  const body = { slotId: slot.id, patient: { name: 'Ada' }, confirm: true }
  const booked = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
  const stateOf = async (id: string) =>
    (await ownerPool.query('select end_reason as "endReason" from holdfast.waitlist_entry where id = $1', [id])).rows[0]
  const [first, second] = [await join('first@example.net'), await join('second@example.net')]
  await change(String(booked.body.id), String(booked.body.manageToken), 'cancel')
  const offer = await mailTo('first@example.net')
  const { pathname, token } = unsubscribeAddress(offer)
  expect(offer?.text).toContain(`https://book.example.org/leave-waitlist#${first}.${token}`)
  const page = `/leave-waitlist#${first}.${token}`
  expect(await openUnsubscribe(server.url + pathname)).toEqual({ status: 303, location: page })
  expect(await pressed(pathname.replace(first, second))).toBe(422)
  expect(await pressed(pathname.replace('/waitlist', ''))).toBe(422)
  expect(await stateOf(first)).toEqual({ endReason: null })

  expect(await pressed(pathname)).toBe(200)
  expect(await pressed(pathname)).toBe(200)
  expect(await stateOf(first)).toEqual({ endReason: 'left' })
  // The place goes to the next person, who leaves by the page of the link.
  const next = await mailTo('second@example.net')
  const leave = (body: object) => call(`${server.url}/api/v1/waitlist-departures`, { method: 'POST', body })
  expect((await leave({ entryId: second, token })).body.code).toBe('link_used')
  const own = { entryId: second, token: unsubscribeAddress(next).token }
  for (let times = 0; times < 2; times += 1) {
    expect(await leave(own)).toMatchObject({ status: 200, body: { clinicName: 'Riverside' } })
  }
  expect(await stateOf(second)).toEqual({ endReason: 'left' })
})

test('an offer that was accepted stays when its patient leaves the waitlist by the mail', async () => {
  const { slot, join } = await aScene()
  await join('accepts@example.net')
  await offerAsFreed(server.database, slot)
  const offer = await mailTo('accepts@example.net')
  const [, id = '', token = ''] = /\/offer#([0-9a-f-]{36})\.(hfm_[^.\s]+)/.exec(offer?.text ?? '') ?? []
  expect((await change(id, token, 'confirm')).status).toBe(200)
  expect(await pressed(unsubscribeAddress(offer).pathname)).toBe(200)
  const url = `${server.url}/api/v1/bookings/${id}`
  expect((await call(url, { bearer: token })).body).toMatchObject({ status: 'CONFIRMED' })
})

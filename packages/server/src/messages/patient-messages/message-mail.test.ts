import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BusyCalendarFailure, defaultMessageSettings } from '@holdfast/engine'
import { aPng } from '@holdfast/testkit'
import { messageKinds, messageLanguages } from '@holdfast/vocabulary'
import ICAL from 'ical.js'
import { describe, expect, test } from 'vitest'
import { readLogoImage } from '../logo-image/read-logo-image.ts'
import { maskAddress } from '../mask-address.ts'
import { previewMessage } from '../previews/preview-message.ts'
import { type SampleKind, sampleFacts, sampleMessage, sampleSettings } from '../previews/sample-messages.ts'
import { writePreviews } from '../previews/write-previews.ts'
import { mailTexts } from '../rendering/render-mail.ts'
import { busyCalendarFailingMail } from '../templates/busy-calendar-failing.ts'
import { messageMail, reasonToSkip } from './message-mail.ts'
import { smsText } from './message-sms.ts'

const every = messageKinds.flatMap((kind) => messageLanguages.map((language) => [kind, language] as const))

function mailOf(kind: (typeof messageKinds)[number], language: (typeof messageLanguages)[number], overrides = {}) {
  return messageMail(sampleMessage(kind), sampleFacts(kind, language, overrides), sampleSettings)
}

function eventIn(calendar: string) {
  const component = new ICAL.Component(ICAL.parse(calendar))
  const event = component.getFirstSubcomponent('vevent')
  if (event === null) throw new Error('The calendar has no event.')
  return { component, event: new ICAL.Event(event) }
}

describe.each(every)('the mail %s in %s', (kind, language) => {
  const { mail, content } = mailOf(kind, language)

  test('names the time in the clinic’s zone, the doctor, the clinic and the reference, in HTML and text', () => {
    const { doctorName, clinicName, patient } = sampleFacts(kind, language)
    for (const text of [content.html, content.text]) {
      for (const part of [doctorName, clinicName, patient.name, '00AB-CDEF', '2026']) expect(text).toContain(part)
      expect(text).not.toMatch(/undefined|null|NaN|\[object/)
    }
    // 09:00 UTC is 10:00 in Berlin.
    expect(kind === 'unanswered' ? content.text : content.subject).toMatch(/10:00|١٠:٠٠/)
    expect(content.html).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`)
    expect(mail).toMatchObject({
      from: { name: clinicName, address: 'no-reply@example.org' },
      to: { address: 'patient@example.org' },
    })
  })

  test('links to the page of what it is about', () => {
    const page =
      {
        offered: '/offer#',
        unanswered: '/join-waitlist?doctorId=',
        confirm: '/confirm#',
        cancelled: '/doctors/',
        withdrawn: '/doctors/',
        declined: '/doctors/',
        request_lapsed: '/doctors/',
      }[String(kind)] ?? '/ticket#'
    expect(mail.text).toContain(`https://book.example.org${page}`)
  })

  test('has a calendar file that another library reads', () => {
    const without = ['reminder', 'offered', 'unanswered', 'confirm', 'requested', 'declined', 'request_lapsed']
    if (without.includes(kind)) return expect(mail.calendar).toBeNull()
    const { component, event } = eventIn(mail.calendar?.content ?? '')
    const isOff = kind === 'cancelled' || kind === 'withdrawn'
    expect(component.getFirstPropertyValue('method')).toBe(isOff ? 'CANCEL' : 'REQUEST')
    expect(event.uid).toBe(`${sampleMessage(kind).bookingId}@holdfast`)
    expect(event.sequence).toBe(2)
    expect(event.startDate.toJSDate().toISOString()).toBe('2026-11-23T09:00:00.000Z')
    expect(event.endDate.toJSDate().toISOString()).toBe('2026-11-23T09:15:00.000Z')
    expect(event.organizer.toLowerCase()).toBe('mailto:no-reply@example.org')
    expect(String(event.attendees[0]?.getFirstValue()).toLowerCase()).toBe('mailto:patient@example.org')
    expect(event.summary).toContain(sampleFacts(kind, language).doctorName)
    expect(mail.calendar?.content).not.toContain('hfm_')
  })
})

test.each(every)('the mail %s in %s says for how many places it is, if for more than one', (kind, language) => {
  const { howMany } = mailTexts[language]
  const three = { en: '3 places', de: '3 Plätze', ar: '3 أماكن' }[language]
  const { html, text } = mailOf(kind, language, { units: 3 }).content
  for (const content of [html, text]) for (const part of [howMany, three]) expect(content).toContain(part)
  expect(mailOf(kind, language).content.text).not.toContain(howMany)
})

test.each(messageLanguages)('a mail in %s about a visit says what it is, and what to do before it', (language) => {
  const name = { en: 'Blood sample', de: 'Blutabnahme', ar: 'عينة دم' }
  const visitType = { id: 'v', name: 'BS', names: name, preparation: 'Come fasting.' }
  const { onTicket, onTicketOfVisit, visitType: label } = mailTexts[language]
  const length = { en: '(15 minutes)', de: '(15 Minuten)', ar: '(15 دقيقة)' }[language]
  for (const kind of ['confirmed', 'reminder'] as const) {
    const { html, text } = mailOf(kind, language, { visitType }).content
    for (const part of [label, `${name[language]} ${length}`, 'Come fasting.', onTicketOfVisit]) {
      for (const content of [html, text]) expect(content).toContain(part)
    }
    expect(text).not.toContain(onTicket)
  }
  const cancelled = mailOf('cancelled', language, { visitType }).content.text
  expect(cancelled).toContain('&visitType=v')
  expect(cancelled).not.toContain('Come fasting.')
  const unanswered = mailOf('unanswered', language, { visitType }).content.text
  expect(unanswered).toContain('&visitType=v')
  expect(mailOf('offered', language, { visitType }).content.text).toContain(`${name[language]} ${length}`)
})

test.each(messageLanguages)('in %s, the link of a visit that the clinic has to agree to asks for it', (language) => {
  const { confirm, confirmRequest } = mailTexts[language]
  const ofRequest = mailOf('confirm', language, { needsApproval: true }).content
  const ofBooking = mailOf('confirm', language).content
  for (const [content, words, others] of [
    [ofRequest, confirmRequest, confirm],
    [ofBooking, confirm, confirmRequest],
  ] as const) {
    expect(content.subject).toContain(words.subject('').trim())
    for (const part of [words.heading, words.text, words.action, words.ignore]) expect(content.text).toContain(part)
    for (const part of [others.heading, others.text, others.action]) expect(content.text).not.toContain(part)
    expect(content.text).toContain('/confirm#')
  }
})

test('the free times instead of a withdrawn one are booked with as many places', () => {
  const links = (units: number) => mailOf('withdrawn', 'en', { units }).content.text.match(/&units=\d+/g)
  expect(links(3)).toEqual(['&units=3', '&units=3', '&units=3'])
  expect(links(1)).toBeNull()
})

test.each(['2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'])(
  'the calendar file has the instant %s of a day on which clocks change',
  (time) => {
    const startsAt = new Date(time)
    const { mail } = mailOf('confirmed', 'de', { startsAt, endsAt: new Date(startsAt.getTime() + 900_000) })
    expect(eventIn(mail.calendar?.content ?? '').event.startDate.toJSDate()).toEqual(startsAt)
  },
)

test('what people enter is text: no markup, no header, no line of a calendar file', () => {
  const evil = '<script>alert(1)</script>"\r\nBcc: x@example.org\r\nATTENDEE:mailto:y@example.org'
  const { mail, content } = mailOf('cancelled', 'en', {
    patient: { name: evil, email: 'patient@example.org' },
    doctorName: evil,
    clinicName: evil,
    cancellationReason: evil,
  })
  expect(content.html).not.toContain('<script')
  expect(content.subject).not.toMatch(/[\r\n]/)
  const { event } = eventIn(mail.calendar?.content ?? '')
  expect(event.attendees).toHaveLength(1)
})

test('what a stranger may have written is not sent: a text as the name, the reason of whoever has the ticket', () => {
  const patient = { name: 'You won: https://evil.example', email: 'patient@example.org' }
  const facts = sampleFacts('cancelled', 'en', { patient, cancellationReason: 'Pay at evil.example' })
  const byPatient = { ...sampleMessage('cancelled'), byPatient: true, byClinic: false }
  const { mail, content } = messageMail(byPatient, facts, sampleSettings)
  expect(JSON.stringify([mail, content])).not.toContain('evil')
  expect(content.text).toContain('Hello,')
  // The control: the clinic's reason is for the patient.
  const byClinic = messageMail(sampleMessage('cancelled'), facts, sampleSettings)
  expect(byClinic.content.text).toContain('Pay at evil.example')
})

test('the patient’s language comes before the clinic’s', () => {
  const facts = sampleFacts('confirmed', 'en')
  const { language: _, ...patient } = facts.patient
  const german = { ...facts, patient, settings: { ...facts.settings, language: 'de' as const } }
  expect(messageMail(sampleMessage('confirmed'), german, sampleSettings).content.subject).toContain('bestätigt')
  expect(mailOf('confirmed', 'en', { settings: german.settings }).content.subject).toContain('confirmed')
})

test('a message that what happened since has made wrong is not sent', () => {
  const reasonOf = (kind: (typeof messageKinds)[number], overrides = {}) =>
    reasonToSkip(sampleMessage(kind), sampleFacts(kind, 'en', overrides))
  for (const kind of messageKinds) expect(reasonOf(kind)).toBeNull()
  expect(reasonOf('reminder', { status: 'CANCELLED' })).toBe('booking_changed')
  expect(reasonOf('reminder', { slotId: 'another' })).toBe('booking_moved')
  expect(reasonOf('reminder', { version: 3 })).toBe('replaced')
  expect(reasonOf('confirmed', { status: 'ARRIVED' })).toBe('booking_changed')
  expect(reasonOf('cancelled', { status: 'CONFIRMED' })).toBe('booking_changed')
  const ended = { holdExpiresAt: null, offerAnnounced: false }
  expect(reasonOf('offered', ended)).toBe('offer_ended')
  for (const status of ['FAILED', 'CANCELLED']) expect(reasonOf('offered', { ...ended, status })).toBe('offer_ended')
  expect(reasonOf('offered', { ...ended, status: 'CONFIRMED', offerAnnounced: null })).toBe('booking_changed')
  expect(reasonOf('withdrawn', { offerAnnounced: false })).toBe('offer_ended')
  expect(reasonOf('withdrawn', { offerAnnounced: true })).toBeNull()
  // It is not about one visit.
  expect(reasonOf('unanswered', { hasBegun: true })).toBeNull()
  expect(reasonOf('reminder', { hasBegun: true })).toBe('visit_begun')
  const settings = { ...defaultMessageSettings, reminderMinutes: [1440] }
  expect(reasonOf('reminder', { settings })).toBe('reminder_off')
  expect(reasonOf('confirmed', { settings })).toBeNull()
  expect(reasonOf('confirmed', { patient: { name: 'Ada' } })).toBe('no_email')
})

const logo = readLogoImage(aPng({ width: 560, height: 80 }))

test('the clinic’s logo is at the top, in its proportion, with the clinic’s name as its text', () => {
  const { mail, content } = mailOf('confirmed', 'en', { logo, clinicName: 'Riverside "A" & B' })
  const [image = ''] = /<img[^>]*>/.exec(content.html) ?? []
  expect(image).toContain(`src="cid:${mail.logo?.cid}"`)
  expect(image).toContain('alt="Riverside &quot;A&quot; &amp; B"')
  expect(image).toContain('width="280" height="40"')
  expect(mail.logo).toMatchObject({ mediaType: 'image/png', content: logo.image })
  expect(content.html.indexOf(image)).toBeLessThan(content.html.indexOf('<h1'))
  // The control: without one, the name is there, and nothing is attached.
  const without = mailOf('confirmed', 'en')
  expect(without.content.html).not.toContain('<img')
  expect(without.mail.logo).toBeNull()
})

test('the e-mail of an offer alone has the token that accepts it without another link', () => {
  const confirming = /\/offer#[^.\s]+\.hfm_[^.\s]+\.hfc_/
  expect(mailOf('offered', 'en').content.text).toMatch(confirming)
  const sms = smsText('offered', sampleFacts('offered', 'en'), sampleSettings.links)
  expect(sms).toContain('/offer#')
  expect(sms).not.toMatch(confirming)
})

test.each(messageLanguages)('the mail about a withdrawn offer in %s leads to it, and off the waitlist', (language) => {
  const offer = { waitlistEntryId: '01980000-0000-7000-8000-000000000001', offerAnnounced: true }
  const { mail, content } = mailOf('withdrawn', language, offer)
  const { offerWithdrawn } = mailTexts[language]
  expect(content.subject).toContain(offerWithdrawn.subject(''))
  for (const part of [offerWithdrawn.heading, '/offer#', '/leave-waitlist#']) expect(content.text).toContain(part)
  expect(content.text).not.toContain('/doctors/')
  // It was no appointment yet, and nobody needs this mail for a visit.
  expect(mail).toMatchObject({ calendar: null, unsubscribeUrl: expect.stringContaining('/unsubscribe/') })
  const sms = smsText('withdrawn', sampleFacts('withdrawn', language, offer), sampleSettings.links)
  expect(sms).toContain('/offer#')
  expect(sms).not.toBe(smsText('withdrawn', sampleFacts('withdrawn', language), sampleSettings.links))
})

test('the free times instead of a withdrawn one are announced after it, before their buttons', () => {
  const { html, text } = mailOf('withdrawn', 'en').content
  for (const content of [html, text]) {
    const places = ['10:00', 'free at the moment', '11:00', '12:00'].map((part) => content.indexOf(part))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places).not.toContain(-1)
  }
  // The control: without any, nothing announces them.
  expect(mailOf('withdrawn', 'en', { alternatives: [] }).content.text).not.toContain('free at the moment')
})

test('in Arabic, a telephone number keeps its order, and labels have their gap on the left', () => {
  const arabic = mailOf('confirmed', 'ar').content
  expect(arabic.text).toContain('\u2066+44 1632 960 001\u2069')
  expect(arabic.html).toContain('padding:8px 0 8px 12px')
  expect(mailOf('confirmed', 'en').content.html).toContain('padding:8px 12px 8px 0')
})

test.each(messageLanguages)('a calendar that cannot be read is reported with the reason in %s', (language) => {
  const texts = mailTexts[language]
  const context = { clinicName: 'Riverside', since: 'noon', url: 'https://book.example.org' }
  const said = (reason: BusyCalendarFailure | null) =>
    busyCalendarFailingMail({ ...context, reason }, texts).paragraphs.join(' ')
  const reasons = Object.keys(texts.busyCalendarFailing.reasons) as BusyCalendarFailure[]
  expect(reasons.map(said)).toEqual(
    reasons.map((reason) => expect.stringContaining(texts.busyCalendarFailing.reasons[reason])),
  )
  expect(new Set([...reasons, null].map(said)).size).toBe(reasons.length + 1)
})

test('a reminder has a link to the page on which one press cancels', () => {
  expect(mailOf('reminder', 'en').content.text).toContain('https://book.example.org/ticket?cancel=true#')
})

test.each(messageLanguages)(
  'a reminder in %s asks whether the patient comes, by two buttons, until they said so',
  (language) => {
    const { attend, cancel, text, confirmedText } = mailTexts[language].reminder
    const asking = mailOf('reminder', language).content
    const [attendUrl, cancelUrl] = ['attend', 'cancel'].map((what) => `https://book.example.org/ticket?${what}=true#`)
    const buttons = [...asking.html.matchAll(/<a href="([^"]*)" class="(action|choice)"[^>]*>([^<]*)</g)]
    expect(buttons.map(([, url, look, label]) => [url?.replace(/#.*/, '#'), look, label])).toEqual([
      [attendUrl, 'action', attend],
      [cancelUrl, 'choice', cancel],
    ])
    expect(asking.text).toContain(`${attend}:\n${attendUrl}`)
    expect(asking.text).toContain(`${cancel}:\n${cancelUrl}`)

    const { doctorName } = sampleFacts('reminder', language)
    const said = mailOf('reminder', language, { isAttendanceConfirmed: true }).content
    expect(said.text).not.toContain('attend=true')
    expect(said.text).toContain(cancelUrl)
    expect([asking.text.includes(text(doctorName)), said.text.includes(text(doctorName))]).toEqual([true, false])
    expect(said.text).toContain(confirmedText(doctorName))
  },
)

test('mail programs have a button for reminders and offers alone; what a visit needs has none', () => {
  const unsubscribing = messageKinds.filter((kind) => mailOf(kind, 'en').mail.unsubscribeUrl !== null)
  expect(unsubscribing).toEqual(['reminder', 'offered'])
  expect(mailOf('offered', 'en').content.text).toContain('https://book.example.org/leave-waitlist#')
})

test('a preview is what is sent, with the clinic’s texts and its logo in the page', () => {
  const settings = { ...defaultMessageSettings, textBefore: 'Bring your card.', smsKinds: [] }
  const clinic = { name: 'Riverside', timezone: 'Asia/Tokyo', address: '1 River Street', phone: null }
  const previewed = { clinic, settings, logo, now: new Date('2026-11-20T12:20:00Z') }
  const preview = (kind: SampleKind, channel: 'email' | 'sms') =>
    previewMessage({ kind, language: 'en', channel }, previewed, sampleSettings)
  for (const kind of messageKinds) {
    const { html, text, subject, smsParts } = preview(kind, 'email') ?? {}
    expect(html).toContain(`src="data:image/png;base64,${logo.image.toString('base64')}"`)
    expect(html).not.toContain('cid:')
    for (const part of [html, text]) expect(part).toContain('Bring your card.')
    // Three days after the next full hour, in the clinic's zone.
    expect(kind === 'unanswered' ? text : subject).toContain('23 November 2026 at 22:00')
    expect(smsParts).toBeNull()
  }
  const facts = { clinicName: 'Riverside', timezone: 'Asia/Tokyo', address: '1 River Street', phone: null, settings }
  const sent = mailOf('moved', 'en', { ...facts, startsAt: new Date('2026-11-23T13:00:00Z') })
  expect(preview('moved', 'email')?.text).toBe(sent.content.text)
  expect(preview('reminder', 'sms')).toMatchObject({ subject: null, html: null, smsParts: 2 })
  expect(preview('reminder', 'sms')?.text).toContain('Riverside')
  expect(preview('confirm', 'sms')).toBeNull()
  expect(preview('offer_withdrawn', 'email')?.text).toContain(mailTexts.en.offerWithdrawn.heading)
  expect(preview('cancelled_by_patient', 'email')?.text).toContain(mailTexts.en.cancelled.byPatient)
  expect(preview('reminder_confirmed', 'email')?.text).not.toContain('attend=true')
})

test('an address is masked', () => {
  expect(maskAddress('ada.lovelace@example.org')).toBe('a…@example.org')
})

test('all mails are written into a folder', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-mails-'))
  try {
    const names = await writePreviews(directory)
    expect(names).toHaveLength(2 * (54 + 72 + 12) + 21 + 6)
    const read = (name: string) => readFile(join(directory, name), 'utf8')
    expect(await read('offer-withdrawn.en.txt')).toContain(mailTexts.en.offerWithdrawn.heading)
    expect(await read('confirm-request.de.txt')).toContain(mailTexts.de.confirmRequest.action)
    expect(await read('cancelled-by-patient.de.txt')).toContain(mailTexts.de.cancelled.byPatient)
    expect(await read('reminder-confirmed.en.txt')).not.toContain('attend=true')
    expect(await read('confirmed-with-logo.ar.html')).toContain('<img src="data:image/png;base64,')
    expect((await readdir(directory)).sort()).toEqual(names.toSorted())
  } finally {
    await rm(directory, { recursive: true })
  }
})

import { messageLanguages, smsKinds } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'
import { sampleFacts, sampleSettings } from '../previews/sample-messages.ts'
import { smsNumber, smsParts, smsText } from './message-sms.ts'

test.each([
  ['0170 1234567', 'DE', '+491701234567', '+49…67'],
  ['+44 7400 123456', 'GB', '+447400123456', '+44…56'],
  ['(202) 555-0143', 'US', '+12025550143', '+1…43'],
  ['+٩٦٢ ٧٩ ٠١٢ ٣٤٥٦', 'JO', '+962790123456', '+962…56'],
])('the number %s in %s is %s', (phone, country, number, masked) => {
  expect(smsNumber(phone, country)).toEqual({ kind: 'number', number, masked })
})

test.each([
  ['0170 1234567', null, 'number_invalid'],
  ['12', 'DE', 'number_invalid'],
  ['ask my son', 'DE', 'number_invalid'],
  ['030 901820', 'DE', 'number_not_mobile'],
  ['0900 5 123456', 'DE', 'number_not_mobile'],
  ['0180 6 123456', 'DE', 'number_not_mobile'],
  ['+44 7400 123456', 'DE', 'number_abroad'],
  ['+1 876 210 1234', 'US', 'number_abroad'],
  ['0170 1234567', 'XX', 'number_invalid'],
])('the number %s in %s gets no SMS, and says why', (phone, country, reason) => {
  expect(smsNumber(phone, country)).toEqual({ kind: 'none', reason })
})

test.each(messageLanguages.flatMap((language) => smsKinds.map((kind) => [kind, language] as const)))(
  '%s in %s is a short text with one link',
  (kind, language) => {
    const facts = sampleFacts(kind, language)
    const text = smsText(kind, facts, sampleSettings.links)
    expect(text).toContain(facts.clinicName)
    expect(text.match(/https:\/\/\S+$/)).toHaveLength(1)
    expect(text).not.toMatch(/undefined|null|[\u202f\u00a0\n]/)
    expect(text.split('https://')[0]?.length).toBeLessThan(160)
    expect(smsParts(text)).toBeLessThanOrEqual(5)
  },
)

test.each(messageLanguages)('an SMS in %s about a request leads to other times once it has ended', (language) => {
  const textOf = (kind: 'requested' | 'declined' | 'request_lapsed', byPatient = false) =>
    smsText(kind, sampleFacts(kind, language), sampleSettings.links, byPatient)
  expect(textOf('requested')).toContain('/ticket#')
  for (const kind of ['declined', 'request_lapsed'] as const) expect(textOf(kind)).toMatch(/\/doctors\/.+\?from=/)
  // Nobody has declined what the patient has withdrawn, or whose time was given to another request.
  const taken = { failureReason: 'time_taken', units: 0 } as const
  const takenText = smsText('declined', sampleFacts('declined', language, taken), sampleSettings.links)
  expect(new Set([textOf('declined'), textOf('declined', true), takenText]).size).toBe(3)
  expect(takenText).not.toContain('(')
})

test.each(messageLanguages)('every SMS in %s says for how many places it is, if for more than one', (language) => {
  const many = { en: '(12 places)', de: '(12 Plätze)', ar: '(12 مكانًا)' }[language]
  for (const kind of smsKinds) {
    const textFor = (units: number) => smsText(kind, sampleFacts(kind, language, { units }), sampleSettings.links)
    expect([textFor(12).includes(many), textFor(1).includes('(')], kind).toEqual([true, false])
  }
})

test.each(messageLanguages)(
  'a reminder in %s asks whether the patient comes, if its link makes no further part',
  (language) => {
    const facts = sampleFacts('reminder', language)
    const { links } = sampleSettings
    const linkOf = (text: string) => text.slice(text.indexOf('https://'))
    const parts = (text: string) => Math.ceil(text.length / 67)
    // The text has one length after the other: where the longer link would cost a part, the link is that of the ticket.
    const chosen = Array.from({ length: 40 }, (_, length) => {
      const text = smsText('reminder', { ...facts, clinicName: 'ع'.repeat(length + 1) }, links)
      const ticket = text.replace(linkOf(text), links.ticket(facts))
      const question = text.replace(linkOf(text), links.attend(facts))
      expect(text).toBe(parts(question) > parts(ticket) ? ticket : question)
      return linkOf(text) === links.attend(facts)
    })
    expect(new Set(chosen).size).toBe(2)
    // A patient who has said so is not asked again.
    const said = smsText('reminder', { ...facts, isAttendanceConfirmed: true }, links)
    expect(linkOf(said)).toBe(links.ticket(facts))
  },
)

test('parts are counted as networks send them', () => {
  const lengths = ['x'.repeat(160), 'x'.repeat(161), 'ü'.repeat(160), '€'.repeat(81), 'ع'.repeat(70), 'ع'.repeat(71)]
  expect(lengths.map(smsParts)).toEqual([1, 2, 1, 2, 1, 2])
})

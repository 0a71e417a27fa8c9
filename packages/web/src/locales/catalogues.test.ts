// Completeness: a text of the site is missing in one of its languages, or not used
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  accountOperations,
  busyCalendarFailures,
  deliveryFailures,
  leftOutReasons,
  messageReasons,
  type Operation,
  operations,
  problemCodes,
  problemsOf,
  secondFactorOperations,
} from '@holdfast/contract'
import { cancellationReasons } from '@holdfast/vocabulary'
import { describe, expect, test } from 'vitest'
import { languages } from '../lib/i18n/languages.ts'
import { unusedKeys } from './unused-keys.ts'

const directory = fileURLToPath(new URL('.', import.meta.url))
const sources = fileURLToPath(new URL('..', import.meta.url))

type Catalogue = Record<string, string>

/** The texts by their paths: `week.title`. */
function flattened(texts: object, prefix = ''): Catalogue {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value]] : Object.entries(flattened(value, `${prefix}${key}.`)),
    ),
  )
}

const namespaces = readdirSync(join(directory, 'en')).map((name) => name.replace('.json', ''))

function catalogue(language: string, namespace: string): Catalogue {
  return flattened(JSON.parse(readFileSync(join(directory, language, `${namespace}.json`), 'utf8')))
}

/** `count_one` and `count_few` are forms of one text; which forms there are is the language's. */
const formPattern = /_(zero|one|two|few|many|other)$/
const withoutForm = (key: string) => key.replace(formPattern, '')

function placeholdersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/{{\s*(\w+)/g)].map(([, name = '']) => name))].sort()
}

const sourceTexts = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => !name.startsWith('locales') && /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => readFileSync(join(sources, name), 'utf8'))

test('German has one word for withdrawing slots, one for blocking them, and one for visit types', () => {
  const texts = (namespace: string) => Object.entries(catalogue('de', namespace))
  expect(texts('schedule').filter(([, text]) => /sperr/i.test(text))).toEqual([])
  const all = namespaces.flatMap(texts)
  expect(all.filter(([key, text]) => /appointment_?type/i.test(key) && text.includes('Terminart'))).toEqual([])
  // The control.
  expect(texts('calendars').some(([, text]) => /sperr/i.test(text))).toBe(true)
})

describe.each(namespaces)('%s', (namespace) => {
  const english = catalogue('en', namespace)
  const keys = new Set(Object.keys(english).map(withoutForm))

  test.each(languages)('is complete in %s, with the same placeholders and every plural form', (language) => {
    const texts = catalogue(language, namespace)
    expect([...new Set(Object.keys(texts).map(withoutForm))].sort()).toEqual([...keys].sort())
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), `${language} ${key}`).not.toBe('')
      const plain = withoutForm(key)
      // A form for one or two may say the number in a word.
      const allowed = placeholdersOf(english[key] ?? english[`${plain}_other`] ?? '')
      const found = placeholdersOf(text)
      const isWord = formPattern.test(key) && !/_(other|many|few)$/.test(key)
      expect(isWord ? allowed : found, `${language} ${key}`).toEqual(allowed)
      expect(allowed, `${language} ${key}`).toEqual(expect.arrayContaining(found))
      if (formPattern.test(key)) {
        for (const category of categories)
          expect(texts, `${language} ${plain}`).toHaveProperty([`${plain}_${category}`])
      }
    }
  })

  test('has no text that is not used', () => {
    expect(unusedKeys(namespace, [...keys], sourceTexts)).toEqual([])
  })
})

/** Lines as `aria-label={t('doctors.editOf', …)}`: names of controls whose visible labels are the keys without `Of`. */
const namedKeys = new Set(
  sourceTexts.flatMap((text) =>
    text.split('\n').flatMap((line) => {
      const keys = [...line.matchAll(/'(?:\w+:)?([\w.]+)Of'/g)].map(([, key = '']) => key)
      return line.includes('aria-label=') ? keys : []
    }),
  ),
)

/** Somebody who controls the page by voice can then say what they see (WCAG 2.5.3). */
test('the name of a control contains its visible label, in every language', () => {
  const pairs = languages.flatMap((language) =>
    namespaces.flatMap((namespace) => {
      const texts = catalogue(language, namespace)
      return [...namedKeys].flatMap((key) => {
        const [label, name] = [texts[key], texts[`${key}Of`]]
        return label === undefined || name === undefined
          ? []
          : [{ key: `${language} ${namespace}:${key}`, label, name }]
      })
    }),
  )
  expect(pairs.length).toBeGreaterThan(3 * 10)
  expect(pairs.filter(({ label, name }) => !name.toLowerCase().includes(label.toLowerCase()))).toEqual([])
})

/** Whether its callers may be patients. The other operations are those of clinics. */
const isForPatients = {
  anyone: true,
  account: true,
  booking: true,
  booking_patient: true,
  booking_series: true,
  booking_erasure: true,
  waitlist_entry: true,
  waitlist_patient: true,
  site_administrator: false,
  admin: false,
  doctor_admin: false,
  member: false,
  calendar: false,
  calendar_owner: false,
  closure: false,
  slot: false,
  booking_desk: false,
  waitlist_desk: false,
  clinic_staff: false,
  case: false,
  case_staff: false,
  case_request: false,
} satisfies Record<Operation['access'], boolean>

/**
 * Few doctors have open sessions, only the desk names a record, a dialog asks for the password, and few accounts keep
 * other people: the texts are loaded with the refusal (src/lib/api/api.ts).
 */
const loadedLater = [
  'booking_series_not_found',
  'password_wrong',
  'patient_not_found',
  'person_not_found',
  'record_merged',
  'session_not_found',
  'visit_type_not_found',
  'time_not_offered',
  'needs_taken',
  'too_many_people',
  'visit_type_not_offered',
  'visit_type_restricted',
  'not_combinable',
]

test('every problem code of the API has a text in every language, of patients’ bookings in the first load', () => {
  const ofAccounts = new Set<Operation>([...Object.values(accountOperations), ...Object.values(secondFactorOperations)])
  const ofPatients = operations.filter((one) => isForPatients[one.access] && !ofAccounts.has(one))
  const first = new Set<string>(ofPatients.flatMap(problemsOf).filter((code) => !loadedLater.includes(code)))
  const documented = new Set<string>(operations.flatMap(problemsOf))
  const others = problemCodes.filter((code) => documented.has(code) && !first.has(code))
  expect(others).toContain('block_overrun')
  // Problems of no operation may occur in every request; the site has errors, too.
  const firsts = [...problemCodes.filter((code) => !others.includes(code)), 'outdated', 'unreachable', 'unexpected']
  const keysOf = (codes: string[]) => codes.flatMap((code) => [`${code}.title`, `${code}.help`]).sort()
  const labels = ['retry', 'reload', 'toAccount']
  for (const language of languages) {
    const keys = (namespace: string) =>
      Object.keys(catalogue(language, namespace)).filter((key) => !labels.includes(key))
    expect(keys('problems').sort(), language).toEqual(keysOf(firsts))
    expect(keys('other-problems').sort(), language).toEqual(keysOf(others))
  }
})

test('every reason why the server sends a message not, or later, has a text in every language', () => {
  for (const language of languages) {
    const texts = catalogue(language, 'admin')
    for (const reason of messageReasons)
      expect(texts, `${language} ${reason}`).toHaveProperty([`messages.reason.${reason}`])
  }
})

test('every reason why a case is cancelled has a text in every language', () => {
  for (const language of languages) {
    const texts = catalogue(language, 'theatre')
    for (const reason of cancellationReasons)
      expect(texts, `${language} ${reason}`).toHaveProperty([`reason.${reason}`])
  }
})

test('every reason why an external calendar, or an event in it, cannot be read has a text in every language', () => {
  for (const language of languages) {
    const texts = catalogue(language, 'calendars')
    for (const reason of busyCalendarFailures)
      expect(texts, `${language} ${reason}`).toHaveProperty([`busy.reason.${reason}`])
    for (const reason of leftOutReasons)
      expect(texts, `${language} ${reason}`).toHaveProperty([`busy.leftOutReason.${reason}`])
  }
})

test('every reason why a delivery to a webhook has failed has a text in every language', () => {
  for (const language of languages) {
    const texts = catalogue(language, 'admin')
    for (const reason of deliveryFailures)
      expect(texts, `${language} ${reason}`).toHaveProperty([`webhooks.reason.${reason}`])
  }
})

test('every language has the same catalogues', () => {
  for (const language of languages)
    expect(readdirSync(join(directory, language))).toEqual(namespaces.map((name) => `${name}.json`))
})

describe('negative control: which keys count as used', () => {
  const source = `
    const { t } = useTranslation(['booking', 'shell'])
    t('week.title'); t("shell:close"); t(\`heading.\${status}\`); t(kind === 'full' ? 'lost.full' : 'lost.closed')`

  test('a key that is mentioned whole or fits a template', () => {
    const used = ['week.title', 'heading.CONFIRMED', 'lost.full', 'lost.closed']
    expect(unusedKeys('booking', used, [source])).toEqual([])
    expect(unusedKeys('shell', ['close'], [source])).toEqual([])
  })

  test('no other key, and no template of a source that does not use the namespace', () => {
    expect(unusedKeys('booking', ['week.gone', 'heading.a.b', 'heading'], [source])).toHaveLength(3)
    expect(unusedKeys('ticket', ['heading.CONFIRMED'], [source])).toHaveLength(1)
  })
})

describe('the terms of ARCHITECTURE.md', () => {
  const forPatients = ['booking', 'ticket', 'waitlist', 'doctors', 'my-bookings', 'account', 'shell', 'links', 'proof']
  /** Words for which people read another one, by language. */
  const replaced = {
    en: /waiting list|nevertheless|in the way|\bvisits?\b(?! types?)|\b(your|this|the|a) place\b|will come|was faster/i,
    de: /im Weg|Hausregel|war schneller|\bBesuchs?\b|Platz auf der (Warte)?[Ll]iste/,
    ar: /زيارة|زيارات/,
  }
  /** These words are not for patients: the desk has slots, and bookings, which include holds. */
  const ofTheDesk = {
    en: /\bslots?\b|\bbookings?\b/i,
    de: /\bSlots?\b|\b(Ihre|Meine|diese|eine|keine|der|die|zur) Buchung\b/,
    ar: /حجوزاتي|حجزي|هذا الحجز/,
  }
  /** What people do, or a doctor allows, is called booking. Placeholders are not shown. */
  const act = /{{\w+}}|(online|double|when|that) bookings?|bookings are possible|takes (no )?bookings/gi
  /** The desk's page of the waitlist shares the patients' file. */
  const isOfPatients = (namespace: string, key: string) =>
    forPatients.includes(namespace) && !(namespace === 'waitlist' && key.startsWith('clinic.'))
  const found = (language: keyof typeof replaced, namespace: string, text: string, key = '') =>
    replaced[language].test(text) ||
    (isOfPatients(namespace, key) && ofTheDesk[language].test(text.replaceAll(act, '')))

  test.each(namespaces)('are used in %s, in every language', (namespace) => {
    const texts = languages.flatMap((language) =>
      Object.entries(catalogue(language, namespace)).map(([key, text]) => ({ language, key, text })),
    )
    expect(texts.filter(({ language, key, text }) => found(language, namespace, text, key))).toEqual([])
  })

  test('negative control: the words they replace are found', () => {
    expect(found('en', 'ticket', 'Find my booking')).toBe(true)
    expect(found('en', 'admin', 'Cancel booking')).toBe(false)
    expect(found('en', 'theatre', 'Not moved: something is in the way')).toBe(true)
    expect(found('en', 'doctors', 'This clinic doesn’t offer online booking yet')).toBe(false)
  })
})

describe('German texts', () => {
  // `Ärztin oder Arzt`, `der Patientin oder des Patienten`, `jeder Ärztin und jedem Arzt`
  const women = '(Ärzt|Patient|Kolleg|Administrator|Operateur)(in|innen)'
  const men = '(Arzt|Ärzten?|Arztes|Patient(en)?|Kollegen|Administrator(en)?|Operateure?)'
  const pair = new RegExp(`${women} (oder|und)( \\p{Ll}+)? ${men}`, 'gu')
  const alone = '(Arzt|Ärzten?|Arztes|Patient(en)?|Kollegen?|Administrator(en)?|Operateure?|Entwickler)'
  const single = new RegExp(`(?<!\\p{L})${alone}(?!\\p{L})|\\p{Ll}[/:*]in(?!\\p{L})`, 'u')
  const found = (text: string) => single.exec(text.replaceAll(pair, ''))?.[0]

  test.each(namespaces)('of %s name people in pairs or neutrally', (namespace) => {
    const texts = Object.entries(catalogue('de', namespace))
    expect(texts.filter(([, text]) => found(text) !== undefined)).toEqual([])
  })

  test('negative control: one gender alone and short forms are found, pairs and compounds are not', () => {
    expect(['Alle Ärzte', 'Für Patienten', 'Operateur/in'].map(found)).toEqual(['Ärzte', 'Patienten', 'Operateur'])
    expect(['Name der Patientin oder des Patienten', 'Patientendaten', 'Ärztinnen und Ärzte'].flatMap(found)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

import { expect, test } from 'vitest'
import { code, line, name } from './fields.ts'

const accepts = (schema: object, text: string) => {
  if (!('pattern' in schema)) throw new Error('The schema has no pattern.')
  return new RegExp(String(schema.pattern), 'u').test(text)
}

test.for(['Dr. Änne Groß', 'علی‌رضا', 'ليلى حسن', 'Praxis ❤️', ' Hill', '山田太郎'])('%s is a name', (text) => {
  expect(accepts(name(200), text)).toBe(true)
})

test.for([
  ['a zero-width space', 'Hill\u200b Clinic'],
  ['a soft hyphen', 'Hi\u00adll'],
  ['a mark of direction', 'Hill\u200f'],
  ['an override of direction', 'Hill \u202egro.live'],
  ['an isolate', '\u2066Hill\u2069'],
  ['a byte order mark', '\ufeffHill'],
  ['a tag', 'Hill\u{e0041}'],
  ['a filler that looks like a space', '\u3164'],
  ['a line end', 'Hill\nClinic'],
  ['a separator of lines', 'Hill\u2028Clinic'],
  ['the blank of Braille', 'Hill\u2800Clinic'],
  ['a mark of an annotation', 'Hill\ufff9'],
  ['the place of an object', '\ufffcHill'],
  ['a character of private use', 'Hill\ue000'],
  ['spaces alone', ' \u00a0'],
  ['joiners alone', '\u200d\u200c'],
] as const)('a name has not %s', ([, text]) => {
  expect(accepts(name(200), text)).toBe(false)
})

test.for(['\u200b', '\u3164 ', '\u2800', '\u00ad\ufeff', '\t'])(
  'a line of invisible characters is blank: %j',
  (text) => {
    expect(accepts(line(200), text)).toBe(false)
  },
)

test('a line may have invisible characters beside others', () => {
  expect(accepts(line(200), '\u200fAda\u200b Lovelace')).toBe(true)
})

test.for(['M-1', 'م-٤٢', 'urn:oid:1.2.276.0.76.4.8', 'St. Änne 7', '山-3'])('%s is a code', (text) => {
  expect(accepts(code(200), text)).toBe(true)
})

test('of the characters that are ignored where they cannot be shown, a name has four, and a code none', () => {
  const ignored = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter((one) =>
    /^\p{DI}$/u.test(one),
  )
  expect(ignored.length).toBeGreaterThan(4_000)
  const ofName = ['\u200c', '\u200d', '\ufe0e', '\ufe0f']
  expect(ignored.filter((one) => accepts(name(200), `a${one}`))).toEqual(ofName)
  for (const around of ['a', ' ', '']) {
    expect(ignored.filter((one) => accepts(code(200), `${around}${one}a`))).toEqual([])
  }
})

import { expect, test } from 'vitest'
import { shortName, widthOfWords } from './short-name.ts'

test.each([
  ['Knee arthroscopy', 'KA'],
  ['Inguinal hernia repair', 'IHR'],
  ['Total hip replacement (left)', 'THR'],
  ['Arthroscopy (knee)', 'AK'],
  ['Cystoscopy', 'Cys.'],
  ['TURP', 'TURP'],
  ['Übernähung', 'Übe.'],
  ['تنظير الركبة', 'ت.ا'],
  ['', ''],
])('%s is short for %s', (name, short) => {
  expect(shortName(name)).toBe(short)
})

test('the longest word decides how much room a name needs', () => {
  expect(widthOfWords('Knee repair')).toBe('little')
  expect(widthOfWords('Inguinal hernia repair')).toBe('some')
  expect(widthOfWords('Laparoscopic cholecystectomy')).toBeUndefined()
})

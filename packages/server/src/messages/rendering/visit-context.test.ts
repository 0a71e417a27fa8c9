import { expect, test } from 'vitest'
import { whenText } from './visit-context.ts'

const at = new Date('2026-11-25T14:00:00Z')
const summer = new Date('2026-07-08T07:30:00Z')

test.for([
  [at, 'Europe/London', 'en', 'Wednesday, 25 November 2026 at 14:00 (United Kingdom Time)'],
  [at, 'Europe/London', 'de', 'Mittwoch, 25. November 2026 um 14:00 Uhr (Ortszeit Vereinigtes Königreich)'],
  [at, 'Europe/London', 'ar', 'الأربعاء، 25 نوفمبر 2026 الساعة 2:00 م بتوقيت المملكة المتحدة'],
  [summer, 'Europe/Berlin', 'en', 'Wednesday, 8 July 2026 at 9:30 (Central European Time)'],
  [summer, 'Europe/Berlin', 'de', 'Mittwoch, 8. Juli 2026 um 9:30 Uhr (Mitteleuropäische Zeit)'],
  [summer, 'Asia/Riyadh', 'ar', 'الأربعاء، 8 يوليو 2026 الساعة 10:30 ص بالتوقيت العربي الرسمي'],
  [at, 'UTC', 'de', 'Mittwoch, 25. November 2026 um 14:00 Uhr (UTC)'],
  [at, 'Etc/UTC', 'ar', 'الأربعاء، 25 نوفمبر 2026 الساعة 2:00 م بتوقيت UTC'],
] as const)('%s in %s in %s is written as people say it', ([instant, zone, language, text]) => {
  expect(whenText(instant, zone, language).replace(/[\u00a0\u202f]/g, ' ')).toBe(text)
})

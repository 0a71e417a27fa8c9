import type { MessageSettings } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import {
  addsReminders,
  ambiguousHours,
  messagesDraftOf,
  parseConfirmMinutes,
  parseReminders,
  settingsOfDraft,
} from './messages-draft.ts'

const settings: MessageSettings = {
  emails: true,
  language: 'en',
  replyTo: null,
  reminderMinutes: [1440, 90],
  quietFrom: '21:00',
  quietUntil: '07:00',
  textBefore: null,
  textAfter: 'See you!',
  confirmByLink: true,
  confirmMinutes: 20,
  smsKinds: ['confirmed', 'reminder'],
  phoneCountry: 'DE',
}

test('settings are the same after the form has shown them', () => {
  const draft = messagesDraftOf(settings)
  expect(draft).toMatchObject({ reminders: '24, 1.5', replyTo: '', textAfter: 'See you!' })
  expect(settingsOfDraft(draft)).toEqual(settings)
})

test('without e-mails, nobody confirms by link', () => {
  const draft = messagesDraftOf({ ...settings, reminderMinutes: [] })
  expect(settingsOfDraft({ ...draft, emails: false }).confirmByLink).toBe(false)
})

test.each([
  ['5', 5],
  [' 60 ', 60],
  ['١٥', 15],
  ['4', null],
  ['61', null],
  ['1.5', null],
  ['', null],
])('the minutes "%s" are %j', (text, minutes) => {
  expect(parseConfirmMinutes(text)).toBe(minutes)
})

test.each([
  ['24, 2', [1440, 120]],
  ['', []],
  ['٢٤، ٢', [1440, 120]],
  ['0.5', [30]],
  ['24; 2.5', [1440, 150]],
  ['24, 2,5', null],
  ['24,2', null],
  ['٢٤،٢', [1440, 120]],
  ['0.1', null],
  ['400', null],
  ['a day', null],
  ['2, 2', null],
  ['1, 2, 3, 4, 5, 6', null],
])('the reminders "%s" are %j', (text, minutes) => {
  expect(parseReminders(text)).toEqual(minutes)
})

test.each([
  ['24, 2,5', '2,5'],
  ['24,2', '24,2'],
  ['٢,٥', '٢,٥'],
  ['24, 2', null],
  ['24 ,2', null],
])('of the reminders "%s", %j could be one time or two', (text, part) => {
  expect(ambiguousHours(text)).toBe(part)
})

test('a change adds reminders by another time or channel, and by nothing else', () => {
  const off: MessageSettings = { ...settings, emails: false, smsKinds: [] }
  expect(addsReminders(off, { ...off, emails: true })).toBe(true)
  expect(addsReminders(off, { ...off, smsKinds: ['reminder'] })).toBe(true)
  expect(addsReminders(settings, { ...settings, reminderMinutes: [1440, 60] })).toBe(true)
  expect(addsReminders(settings, { ...settings, reminderMinutes: [1440], textAfter: null })).toBe(false)
  expect(addsReminders(off, { ...off, reminderMinutes: [60] })).toBe(false)
  expect(addsReminders(off, { ...off, emails: true, reminderMinutes: [] })).toBe(false)
})

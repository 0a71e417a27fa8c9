import type { VisitQuestion } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { missingAnswers, sentAnswers } from './typed-answers.ts'

const question = (id: string, overrides: Partial<VisitQuestion>): VisitQuestion => ({
  ...{ id, kind: 'text', label: id, labels: {}, required: true, choices: [], version: 1 },
  ...overrides,
})
const asked = [
  question('text', {}),
  question('day', { kind: 'date', required: false }),
  question('consent', { kind: 'consent', version: 3 }),
  question('mails', { kind: 'consent', required: false }),
]
const missing = (typed: Record<string, string | number>, byDesk = false) =>
  missingAnswers(asked, typed, byDesk).map(({ id }) => id)

test('what is required and empty is missing; the desk has to ask for consents alone', () => {
  expect(missing({})).toEqual(['text', 'consent'])
  expect(missing({ text: ' ' })).toEqual(['text', 'consent'])
  expect(missing({}, true)).toEqual(['consent'])
  expect(missing({ text: 'x', consent: 3 })).toEqual([])
})

test('whoever has agreed to another text has not agreed to this one', () => {
  expect(missing({ text: 'x', consent: 2 })).toEqual(['consent'])
})

test('what is sent: texts as typed, consents with their version, and those that are declined', () => {
  expect(sentAnswers(asked, { text: ' Penicillin ', day: '', consent: 3, other: 'x' })).toEqual([
    { questionId: 'text', value: 'Penicillin' },
    { questionId: 'consent', value: true, version: 3 },
    { questionId: 'mails', value: false },
  ])
})

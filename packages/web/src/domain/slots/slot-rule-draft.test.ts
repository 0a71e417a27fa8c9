import { expect, test } from 'vitest'
import { firstDraft, ruleOf } from './slot-rule-draft.ts'

test('the first draft is a good rule for next week', () => {
  const outcome = ruleOf(firstDraft('2026-11-20'))
  expect(outcome).toMatchObject({ kind: 'rule', rule: { from: '2026-11-23', to: '2026-11-29', slotMinutes: 15 } })
})

test('each field that is wrong is named', () => {
  const draft = firstDraft('2026-11-20')
  const wrong = ruleOf({
    ...draft,
    to: '2026-11-22',
    weekdays: [],
    endTime: '08:00',
    slotMinutes: '',
    capacity: 1.5,
    breaks: [{ id: 1, startTime: '12:00', endTime: '11:00' }],
  })
  expect(wrong).toEqual({ kind: 'wrong', fields: ['to', 'weekdays', 'endTime', 'slotMinutes', 'capacity', 'breaks'] })
  expect(ruleOf({ ...draft, from: '', startTime: '' })).toEqual({ kind: 'wrong', fields: ['from', 'startTime'] })
})

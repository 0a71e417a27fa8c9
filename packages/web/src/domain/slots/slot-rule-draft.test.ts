import { expect, test } from 'vitest'
import { firstDraft, invalidFields, ruleOf } from './slot-rule-draft.ts'

test('the first draft is a valid rule for next week', () => {
  const draft = firstDraft('2026-11-20')
  expect(invalidFields(draft)).toEqual([])
  expect(ruleOf(draft)).toEqual({
    from: '2026-11-23',
    to: '2026-11-29',
    weekdays: [1, 2, 3, 4, 5],
    startTime: '09:00',
    endTime: '17:00',
    slotMinutes: 15,
    capacity: 1,
    breaks: [{ startTime: '12:00', endTime: '13:00' }],
  })
})

test('each invalid field is named', () => {
  const draft = firstDraft('2026-11-20')
  const fields = invalidFields({
    ...draft,
    to: '2026-11-22',
    weekdays: [],
    endTime: '08:00',
    slotMinutes: '',
    capacity: 1.5,
    breaks: [...draft.breaks, { key: 'tea', startTime: '12:00', endTime: '11:00' }],
  })
  expect(fields).toEqual(['to', 'weekdays', 'endTime', 'slotMinutes', 'capacity', 'breaks.1.endTime'])
  expect(invalidFields({ ...draft, from: '', startTime: '' })).toEqual(['from', 'startTime'])
})

import { expect, test } from 'vitest'
import { entryOfDraft, entryProblems, newEntryDraft } from './entry-draft.ts'

const today = '2026-11-23'
const draft = newEntryDraft({ today, name: 'Grace Hopper', email: 'grace@example.org' })
const rule = { today, needsEmail: true }

test('a new draft is a month from today or from a later day, and valid with a name and an address', () => {
  expect(draft).toMatchObject({ from: '2026-11-23', to: '2026-12-23', units: 1 })
  expect(newEntryDraft({ today, from: '2026-12-01' })).toMatchObject({ from: '2026-12-01', to: '2026-12-31' })
  expect(newEntryDraft({ today, from: '2020-01-01' }).from).toBe(today)
  expect(entryProblems(draft, rule)).toEqual({})
})

test.for([
  [{ from: '' }, { from: 'dayMissing' }],
  [{ to: '' }, { to: 'dayMissing' }],
  [{ from: '2026-11-01', to: '2026-11-22' }, { to: 'dayPast' }],
  [{ from: '2026-12-24' }, { to: 'beforeFrom' }],
  [{ to: '2027-11-25' }, { to: 'rangeTooLong' }],
  [{ to: '2027-11-24' }, {}],
  [{ timeFrom: '10:00', timeTo: '10:00' }, { timeTo: 'timeOrder' }],
  [{ timeFrom: '10:00' }, {}],
  [{ units: '' }, { units: 'units' }],
  [{ units: 1.5 }, { units: 'units' }],
  [{ name: ' ' }, { name: 'nameMissing' }],
  [{ email: '' }, { email: 'emailMissing' }],
  [{ email: 'grace@' }, { email: 'emailInvalid' }],
  [{ phone: 'abc' }, { phone: 'phoneInvalid' }],
  [{ email: 'grace@gmx..de' }, { email: 'emailInvalid' }],
] as const)('a draft with %j has the problems %j', ([change, problems]) => {
  expect(entryProblems({ ...draft, ...change }, rule)).toEqual(problems)
})

test('staff may leave the address out', () => {
  expect(entryProblems({ ...draft, email: '' }, { ...rule, needsEmail: false })).toEqual({})
  expect(entryProblems({ ...draft, email: 'x' }, { ...rule, needsEmail: false })).toEqual({ email: 'emailInvalid' })
})

test('a request has what was filled in; all seven days are any day', () => {
  expect(entryOfDraft({ ...draft, weekdays: ['5', '1'], timeTo: '12:00', phone: ' 1 ' })).toEqual({
    from: '2026-11-23',
    to: '2026-12-23',
    weekdays: [1, 5],
    timeTo: '12:00',
    units: 1,
    patient: { name: 'Grace Hopper', email: 'grace@example.org', phone: '1' },
  })
  expect(entryOfDraft({ ...draft, weekdays: ['1', '2', '3', '4', '5', '6', '7'] })).not.toHaveProperty('weekdays')
})

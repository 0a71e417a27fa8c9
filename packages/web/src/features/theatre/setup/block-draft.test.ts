import { expect, test } from 'vitest'
import { newBlockDraft, newBlockOf } from './block-draft.ts'

const zone = 'Europe/Berlin'
const draft = newBlockDraft('room', '2026-11-23')

test('a weekly block belongs to its service, and opens to all a week before', () => {
  expect(newBlockOf({ ...draft, owner: { kind: 'service', service: ' Urology ', surgeonId: '' } }, zone)).toEqual({
    roomId: 'room',
    service: 'Urology',
    releaseDays: 7,
    rule: { from: '2026-11-23', to: '2027-03-14', weekdays: [1], startTime: '08:00', endTime: '16:00' },
  })
})

test('the first and last Tuesday of the month until midnight, without holidays outside of the days', () => {
  const monthly = {
    ...draft,
    kind: 'monthly' as const,
    owner: { kind: 'surgeon' as const, service: 'typed before', surgeonId: 'chen' },
    weekdays: ['4', '2'],
    weeksOfMonth: ['1', '-1'],
    endTime: '00:00',
    exceptDates: ['2026-12-25', '2028-01-01'],
    minutes: 400,
    releaseDays: '',
  }
  expect(newBlockOf(monthly, zone)).toMatchObject({
    surgeonId: 'chen',
    minutes: 400,
    rule: { weekdays: [2, 4], weeksOfMonth: [1, -1], endTime: '24:00', exceptDates: ['2026-12-25'] },
  })
  expect(newBlockOf(monthly, zone)).not.toHaveProperty('service')
  expect(newBlockOf(monthly, zone)).not.toHaveProperty('releaseDays')
})

test('a single block is one of the clinic’s day, or ends on the next', () => {
  const single = {
    ...draft,
    kind: 'single' as const,
    owner: { kind: 'everybody' as const, service: 'x', surgeonId: 'y' },
  }
  expect(newBlockOf(single, zone)).toEqual({
    roomId: 'room',
    releaseDays: 7,
    from: '2026-11-23T07:00:00Z',
    to: '2026-11-23T15:00:00Z',
  })
  const night = newBlockOf({ ...single, startTime: '20:00', endTime: '04:00' }, zone)
  expect(night).toMatchObject({ from: '2026-11-23T19:00:00Z', to: '2026-11-24T03:00:00Z' })
})

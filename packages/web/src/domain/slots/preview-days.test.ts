import type { CreatedSlots } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { previewDays } from './preview-days.ts'

test('a preview lists for each local day what would be created, skipped and conflicts', () => {
  const item = (startsAt: string, outcome: CreatedSlots['items'][number]['outcome']) => ({
    startsAt,
    endsAt: startsAt.replace(':00:00', ':15:00'),
    capacity: 1,
    outcome,
    slotId: null,
  })
  const created: CreatedSlots = {
    created: 2,
    skipped: 2,
    differing: 1,
    conflicts: 1,
    items: [
      item('2026-11-23T23:00:00Z', 'created'),
      item('2026-11-23T08:00:00Z', 'created'),
      item('2026-11-23T09:00:00Z', 'conflict'),
      item('2026-11-23T10:00:00Z', 'skipped'),
      item('2026-11-23T10:00:00Z', 'capacity_differs'),
    ],
  }
  expect(previewDays(created, 'Europe/Berlin')).toEqual([
    {
      day: '2026-11-23',
      startsAt: '2026-11-23T08:00:00Z',
      endsAt: '2026-11-23T10:15:00Z',
      created: 1,
      skipped: 2,
      conflicts: 1,
    },
    {
      day: '2026-11-24',
      startsAt: '2026-11-23T23:00:00Z',
      endsAt: '2026-11-23T23:15:00Z',
      created: 1,
      skipped: 0,
      conflicts: 0,
    },
  ])
})

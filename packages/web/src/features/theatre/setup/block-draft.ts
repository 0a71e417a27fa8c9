import type { NewBlock } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { instantOf } from '../../../lib/time/local-time.ts'
import { newOwner, type Owner, ownerOf } from './owner-fields.tsx'

/** Blocks while they are typed in. */
export type BlockDraft = {
  kind: 'weekly' | 'monthly' | 'single'
  roomId: string
  owner: Owner
  /** 1 is Monday, 7 Sunday. */
  weekdays: string[]
  /** For `monthly`: the first to fifth of these weekdays in a month; -1 is the last. */
  weeksOfMonth: string[]
  /** For `single`, this is its day. */
  from: string
  to: string
  startTime: string
  endTime: string
  exceptDates: string[]
  /** '': the block's length. */
  minutes: number | string
  /** '': it is never opened to all. */
  releaseDays: string
}

const weeksAhead = 16
const weeksOfMonth = [1, 2, 3, 4, 5, -1] as const

/** @param firstDay `YYYY-MM-DD` */
export function newBlockDraft(roomId: string, firstDay: string): BlockDraft {
  return {
    kind: 'weekly',
    roomId,
    owner: newOwner,
    weekdays: ['1'],
    weeksOfMonth: ['1'],
    from: firstDay,
    to: addDays(firstDay, 7 * weeksAhead - 1),
    startTime: '08:00',
    endTime: '16:00',
    exceptDates: [],
    minutes: '',
    releaseDays: '7',
  }
}

/** The block as the API takes it. A block until 00:00 ends at midnight. */
export function newBlockOf(draft: BlockDraft, timeZone: string): NewBlock {
  const { kind, roomId, owner, minutes, releaseDays, from, startTime, endTime } = draft
  const common = {
    roomId,
    ...ownerOf(owner),
    ...(minutes === '' ? {} : { minutes: Number(minutes) }),
    ...(releaseDays === '' ? {} : { releaseDays: Number(releaseDays) }),
  }
  if (kind === 'single') {
    // One that ends before it begins ends on the next day.
    const lastDay = endTime <= startTime ? addDays(from, 1) : from
    return { ...common, from: instantOf(from, startTime, timeZone), to: instantOf(lastDay, endTime, timeZone) }
  }
  const exceptDates = draft.exceptDates.filter((day) => day >= from && day <= draft.to)
  return {
    ...common,
    rule: {
      from,
      to: draft.to,
      startTime,
      endTime: endTime === '00:00' ? '24:00' : endTime,
      weekdays: draft.weekdays.map(Number).sort(),
      ...(kind === 'monthly'
        ? { weeksOfMonth: weeksOfMonth.filter((week) => draft.weeksOfMonth.includes(String(week))) }
        : {}),
      ...(exceptDates.length === 0 ? {} : { exceptDates }),
    },
  }
}

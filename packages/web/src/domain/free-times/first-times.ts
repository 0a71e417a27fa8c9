import type { Slot } from '@holdfast/contract/client'
import { useState } from 'react'
import type { WeekDay } from './week-days.ts'

/** How many times of a day phones show at first: two rows. */
const firstMax = 6

/**
 * The ids of a day's first free times. They stay the same while the day is shown: when one is taken, nothing moves
 * under a finger.
 */
export function useFirstTimes(day: WeekDay, canBeChosen: (slot: Slot) => boolean): ReadonlySet<string> {
  const [first] = useState(() => {
    const free = [...day.morning, ...day.afternoon].filter(canBeChosen)
    return new Set(free.slice(0, firstMax).map(({ id }) => id))
  })
  return first
}

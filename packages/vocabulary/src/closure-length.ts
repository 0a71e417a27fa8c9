import { yearDaysMax } from './limits.ts'

/** Whether a closure of these local times, [start, end), is longer than {@link yearDaysMax}. */
export function isClosureTooLong(localStart: string, localEnd: string): boolean {
  const lastEnd = Temporal.PlainDateTime.from(localStart).add({ days: yearDaysMax })
  return Temporal.PlainDateTime.compare(localEnd, lastEnd) > 0
}

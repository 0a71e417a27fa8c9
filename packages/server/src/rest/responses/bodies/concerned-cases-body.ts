import type { ConcernedCases } from '@holdfast/engine'
import { timeText } from './time-text.ts'

/** How many cases a doctor has at times that are closed or withdrawn, and the first ones. */
export function concernedCasesBody({ cases, firstCases }: ConcernedCases) {
  const bodies = firstCases.map(({ caseId, startsAt, endsAt, room }) => {
    return { caseId, startsAt: timeText(startsAt), endsAt: timeText(endsAt), room }
  })
  return { cases, firstCases: bodies }
}

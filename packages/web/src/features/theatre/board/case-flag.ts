import { type CaseState, caseState } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import {
  IconAlarm,
  IconAlertTriangle,
  IconCheck,
  IconClockExclamation,
  IconHourglass,
  IconPlayerPlay,
  IconPuzzle,
} from '@tabler/icons-react'

/** What a case on the board is marked with, in the order of the legend. */
export const flagIcons = {
  held: IconHourglass,
  late: IconClockExclamation,
  running: IconPlayerPlay,
  overrunning: IconAlarm,
  atRisk: IconAlertTriangle,
  incomplete: IconPuzzle,
  done: IconCheck,
} as const

export type CaseFlag = keyof typeof flagIcons

/** null: it is planned, and nothing is to be noted. */
export function caseFlag(
  one: Pick<Case, 'id' | 'status' | 'milestones' | 'startsAt' | 'endsAt' | 'expectedEndsAt' | 'lacks'>,
  risks: ReadonlyMap<string, string>,
  now: number,
): CaseFlag | null {
  if (one.lacks !== null && one.lacks.length > 0) return 'incomplete'
  const state: CaseState = caseState(one, now)
  if (risks.has(one.id) && (state === 'planned' || state === 'held')) return 'atRisk'
  return state === 'planned' ? null : state
}

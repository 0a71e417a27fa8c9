import type { Case } from '@holdfast/contract/client'
import { usePlanKeys } from '../../../domain/time-grid/use-plan-keys.ts'
import { onTrack, planOf, toRoom } from '../case-plan.ts'
import { useBoard } from './board-context.ts'

/** Moves and stretches a case by keyboard, to the rooms that are in use. */
export function useCaseKeys(one: Case, isEnabled: boolean) {
  const { board, onPlan, onMove } = useBoard()
  return usePlanKeys(onTrack(planOf(one)), {
    isEnabled,
    axis: 'inline',
    canStretch: true,
    tracks: () => board.rooms.filter(({ id, active }) => active || id === one.roomId).map(({ id }) => id),
    onPlan: (plan) => onPlan(one, plan === null ? null : toRoom(plan)),
    onMove: (plan) => onMove(one, toRoom(plan)),
  })
}

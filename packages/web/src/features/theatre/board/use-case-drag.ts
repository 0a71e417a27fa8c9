import type { Case } from '@holdfast/contract/client'
import { usePlanDrag } from '../../../domain/time-grid/use-plan-drag.ts'
import { onTrack, planOf, toRoom } from '../case-plan.ts'
import { useBoard } from './board-context.ts'

/** Moves and stretches a case by mouse or pen. A finger opens it, and it has a form for its time and room. */
export function useCaseDrag(one: Case, isEnabled: boolean) {
  const { shown, onPlan, onMove } = useBoard()
  return usePlanDrag(onTrack(planOf(one)), {
    isEnabled,
    shown,
    axis: 'inline',
    onPlan: (plan) => onPlan(one, plan === null ? null : toRoom(plan)),
    onMove: (plan) => onMove(one, toRoom(plan)),
  })
}

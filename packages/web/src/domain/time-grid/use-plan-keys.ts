import { type KeyboardEvent, useRef } from 'react'
import { moveFocus } from './move-focus.ts'
import { isSamePlan, type Plan } from './plan.ts'
import { planAfterKey } from './plan-after-key.ts'
import { minuteMs, stepMinutes } from './span.ts'
import type { Axis } from './time-at.ts'

type Settings = {
  isEnabled: boolean
  axis: Axis
  canStretch: boolean
  /** The ids of the tracks to which it can be planned. */
  tracks: () => readonly string[]
  /** null: it is no longer planned. */
  onPlan: (plan: Plan | null) => void
  onMove: (plan: Plan) => void
}

/**
 * The keyboard's way to what dragging does. M takes something up; then arrows move it, with Shift they change its
 * length, Enter sends it, and Escape leaves it as it is. Without M, arrows lead to the others.
 *
 * @param placed where it is now
 */
export function usePlanKeys(placed: Plan, { isEnabled, axis, canStretch, tracks, onPlan, onMove }: Settings) {
  const plan = useRef<Plan | null>(null)
  const change = (next: Plan | null) => {
    plan.current = next
    onPlan(next)
  }
  return {
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      if (event.altKey || event.ctrlKey || event.metaKey) return
      const { current } = plan
      if (current === null) {
        if (event.key.toLowerCase() === 'm' && isEnabled) {
          event.preventDefault()
          change(placed)
        } else moveFocus(event, axis)
        return
      }
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        plan.current = null
        if (isSamePlan(current, placed)) onPlan(null)
        else onMove(current)
        return
      }
      if (event.key === 'Escape') {
        event.preventDefault()
        change(null)
        return
      }
      const isRightToLeft = document.documentElement.dir === 'rtl'
      const stepMs = stepMinutes * minuteMs
      const next = planAfterKey(current, event, { tracks: tracks(), axis, isRightToLeft, stepMs, canStretch })
      if (next === null) return
      event.preventDefault()
      change(next)
    },
    onBlur() {
      if (plan.current !== null) change(null)
    },
  }
}

import type { Case } from '@holdfast/contract/client'
import { type KeyboardEvent, useRef } from 'react'
import { isSamePlan, type Plan, planOf } from '../case-plan.ts'
import { useBoard } from './board-context.ts'
import { minuteMs, stepMinutes } from './board-layout.ts'
import { planAfterKey } from './plan-after-key.ts'

/**
 * The keyboard's way to what dragging does. M takes a case up; then arrows move it, with Shift they change its length,
 * Enter sends it, and Escape leaves it as it is. Without M, arrows lead to other cases.
 */
export function useCaseKeys(one: Case, isEnabled: boolean) {
  const { board, onPlan, onMove } = useBoard()
  const plan = useRef<Plan | null>(null)
  const change = (next: Plan | null) => {
    plan.current = next
    onPlan(one, next)
  }
  return {
    onKeyDown(event: KeyboardEvent<HTMLButtonElement>) {
      if (event.altKey || event.ctrlKey || event.metaKey) return
      const { current } = plan
      const isRtl = document.documentElement.dir === 'rtl'
      if (current === null) {
        if (event.key.toLowerCase() === 'm' && isEnabled) {
          event.preventDefault()
          change(planOf(one))
        } else moveFocus(event)
        return
      }
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        plan.current = null
        if (isSamePlan(current, planOf(one))) onPlan(one, null)
        else onMove(one, current)
        return
      }
      if (event.key === 'Escape') {
        event.preventDefault()
        change(null)
        return
      }
      const rooms = board.rooms.filter(({ id, active }) => active || id === one.roomId).map(({ id }) => id)
      const next = planAfterKey(current, event, rooms, isRtl, stepMinutes * minuteMs)
      if (next === null) return
      event.preventDefault()
      change(next)
    },
    onBlur() {
      if (plan.current !== null) change(null)
    },
  }
}

/** Arrows: the block or case before or after in the room, or the one nearest in time in the next room that has any. */
export function moveFocus(event: KeyboardEvent<HTMLButtonElement>): void {
  const isRtl = document.documentElement.dir === 'rtl'
  const along = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key]
  const across = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const track = event.currentTarget.closest('[data-room]')
  if (track === null || (along === undefined && across === undefined)) return
  event.preventDefault()
  if (along !== undefined) {
    const own = stopsIn(track, isRtl)
    own[own.indexOf(event.currentTarget) + along]?.focus()
    return
  }
  const tracks = [...document.querySelectorAll('[data-room]')].filter(
    (one) => one === track || one.querySelector('[data-stop]') !== null,
  )
  const next = tracks[tracks.indexOf(track) + (across ?? 0)]
  if (next === undefined) return
  const start = startOf(event.currentTarget, isRtl)
  const isBlock = event.currentTarget.dataset.case === undefined
  const distance = (one: HTMLElement) =>
    Math.abs(startOf(one, isRtl) - start) + ((one.dataset.case === undefined) === isBlock ? 0 : otherKindPixels)
  stopsIn(next, isRtl)
    .toSorted((a, b) => distance(a) - distance(b))[0]
    ?.focus()
}

/** From a case, the nearest case is meant, and a block only if there is none. */
const otherKindPixels = 10_000

/** Blocks and cases in the order of their starts; a block before the case that starts with it. */
function stopsIn(track: Element, isRtl: boolean): HTMLElement[] {
  return [...track.querySelectorAll<HTMLElement>('[data-stop]')].toSorted(
    (a, b) => startOf(a, isRtl) - startOf(b, isRtl),
  )
}

function startOf(one: Element, isRtl: boolean): number {
  const { left, right } = one.getBoundingClientRect()
  return isRtl ? -right : left
}

import type { Case } from '@holdfast/contract/client'
import { type PointerEvent, useEffect, useRef } from 'react'
import { isSamePlan, type Plan, planOf } from '../case-plan.ts'
import { useBoard } from './board-context.ts'
import { minuteMs, snapped, stepMinutes } from './board-layout.ts'
import { timeAt } from './time-at.ts'

/** So far the pointer moves before a press becomes a drag, in pixels. */
const dragPixelsMin = 4

type Drag = { x: number; y: number; grabbedMs: number; isStretch: boolean; plan: Plan | null }

/**
 * Moves a case by mouse or pen, and stretches it at its end. A finger scrolls the board instead; it opens the case,
 * which has a form for its time and room. Escape ends a drag.
 */
export function useCaseDrag(one: Case, isEnabled: boolean) {
  const { shown, onPlan, onMove } = useBoard()
  const drag = useRef<Drag | null>(null)
  const wasDragged = useRef(false)

  const planAt = (from: Drag, event: PointerEvent<HTMLButtonElement>): Plan | null => {
    const over = document.elementsFromPoint(event.clientX, event.clientY).find(isTrack)
    const own = event.currentTarget.closest('[data-room]')
    const track = from.isStretch ? own : (over ?? own)
    if (!(track instanceof HTMLElement) || track.dataset.room === undefined) return null
    const at = timeAt(track, event.clientX, shown)
    if (!from.isStretch)
      return { roomId: track.dataset.room, startsAt: snapped(at - from.grabbedMs), minutes: one.minutes }
    const startsAt = Date.parse(one.startsAt)
    const minutes = Math.max(stepMinutes, Math.round((snapped(at) - startsAt) / minuteMs))
    return { roomId: one.roomId, startsAt, minutes }
  }

  const end = (isCancelled: boolean) => {
    const plan = drag.current?.plan ?? null
    drag.current = null
    window.removeEventListener('keydown', onKey, true)
    if (plan === null) return
    if (isCancelled || isSamePlan(plan, planOf(one))) onPlan(one, null)
    else onMove(one, plan)
  }
  const onKey = useRef((event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    endRef.current(true)
  }).current
  const endRef = useRef(end)
  endRef.current = end
  // The live board may remove the case during a drag.
  useEffect(
    () => () => {
      if (drag.current !== null) endRef.current(true)
    },
    [],
  )

  const handlers = {
    onPointerDown(event: PointerEvent<HTMLButtonElement>) {
      wasDragged.current = false
      if (!isEnabled || event.button !== 0 || event.pointerType === 'touch') return
      const track = event.currentTarget.closest('[data-room]')
      if (track === null) return
      const isStretch = event.target instanceof Element && event.target.closest('[data-stretch]') !== null
      const grabbedMs = timeAt(track, event.clientX, shown) - Date.parse(one.startsAt)
      drag.current = { x: event.clientX, y: event.clientY, grabbedMs, isStretch, plan: null }
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    onPointerMove(event: PointerEvent<HTMLButtonElement>) {
      const from = drag.current
      if (from === null) return
      const isFar = Math.hypot(event.clientX - from.x, event.clientY - from.y) >= dragPixelsMin
      if (from.plan === null && !isFar) return
      if (!wasDragged.current) window.addEventListener('keydown', onKey, true)
      wasDragged.current = true
      const plan = planAt(from, event)
      if (plan === null || (from.plan !== null && isSamePlan(plan, from.plan))) return
      from.plan = plan
      onPlan(one, plan)
    },
    onPointerUp: () => end(false),
    onPointerCancel: () => end(true),
  }
  return { handlers, wasDragged: () => wasDragged.current }
}

function isTrack(element: Element): boolean {
  return element instanceof HTMLElement && element.dataset.room !== undefined
}

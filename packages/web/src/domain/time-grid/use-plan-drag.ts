import { type PointerEvent, useEffect, useRef } from 'react'
import { isSamePlan, type Plan } from './plan.ts'
import { minuteMs, type Span, snapped, stepMinutes } from './span.ts'
import { type Axis, timeAt } from './time-at.ts'

/** So far the pointer moves before a press becomes a drag, in pixels. */
const dragPixelsMin = 4

type Drag = { x: number; y: number; grabbedMs: number; isStretch: boolean; plan: Plan | null }

type Settings = {
  isEnabled: boolean
  shown: Span
  axis: Axis
  /** null: it is no longer dragged. */
  onPlan: (plan: Plan | null) => void
  onMove: (plan: Plan) => void
}

/**
 * Moves something by mouse or pen to a place in a track (`data-track`), and stretches it at its end (`data-stretch`). A
 * finger scrolls instead. Escape ends a drag.
 *
 * @param placed where it is now
 */
export function usePlanDrag(placed: Plan, { isEnabled, shown, axis, onPlan, onMove }: Settings) {
  const drag = useRef<Drag | null>(null)
  const wasDragged = useRef(false)

  const planAt = (from: Drag, event: PointerEvent<HTMLElement>): Plan | null => {
    const over = document.elementsFromPoint(event.clientX, event.clientY).find(isTrack)
    const own = event.currentTarget.closest('[data-track]')
    const track = from.isStretch ? own : (over ?? own)
    if (!(track instanceof HTMLElement) || track.dataset.track === undefined) return null
    const at = timeAt(track, event, shown, axis)
    if (!from.isStretch) return { ...placed, trackId: track.dataset.track, startsAt: snapped(at - from.grabbedMs) }
    const minutes = Math.max(stepMinutes, Math.round((snapped(at) - placed.startsAt) / minuteMs))
    return { ...placed, minutes }
  }

  const end = (isCancelled: boolean) => {
    const plan = drag.current?.plan ?? null
    drag.current = null
    window.removeEventListener('keydown', onKey, true)
    if (plan === null) return
    if (isCancelled || isSamePlan(plan, placed)) onPlan(null)
    else onMove(plan)
  }
  const onKey = useRef((event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    endRef.current(true)
  }).current
  const endRef = useRef(end)
  endRef.current = end
  // A live change may remove it during a drag.
  useEffect(
    () => () => {
      if (drag.current !== null) endRef.current(true)
    },
    [],
  )

  const handlers = {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      wasDragged.current = false
      if (!isEnabled || event.button !== 0 || event.pointerType === 'touch') return
      const track = event.currentTarget.closest('[data-track]')
      if (track === null) return
      const isStretch = event.target instanceof Element && event.target.closest('[data-stretch]') !== null
      const grabbedMs = timeAt(track, event, shown, axis) - placed.startsAt
      drag.current = { x: event.clientX, y: event.clientY, grabbedMs, isStretch, plan: null }
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const from = drag.current
      if (from === null) return
      const isFar = Math.hypot(event.clientX - from.x, event.clientY - from.y) >= dragPixelsMin
      if (from.plan === null && !isFar) return
      if (!wasDragged.current) window.addEventListener('keydown', onKey, true)
      wasDragged.current = true
      const plan = planAt(from, event)
      if (plan === null || (from.plan !== null && isSamePlan(plan, from.plan))) return
      from.plan = plan
      onPlan(plan)
    },
    onPointerUp: () => end(false),
    onPointerCancel: () => end(true),
  }
  return { handlers, wasDragged: () => wasDragged.current }
}

function isTrack(element: Element): boolean {
  return element instanceof HTMLElement && element.dataset.track !== undefined
}

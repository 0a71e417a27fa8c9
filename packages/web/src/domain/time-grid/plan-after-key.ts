import type { Plan } from './plan.ts'
import { minuteMs } from './span.ts'
import type { Axis } from './time-at.ts'

type Pressed = { key: string; shiftKey: boolean }

/** Which arrows lead along a track, and across the tracks: to what is later or the next one, and back. */
export function arrowsOf(axis: Axis, isRightToLeft: boolean): { along: Arrows; across: Arrows } {
  const inline = isRightToLeft ? { ArrowLeft: 1, ArrowRight: -1 } : { ArrowRight: 1, ArrowLeft: -1 }
  const block = { ArrowDown: 1, ArrowUp: -1 }
  return axis === 'inline' ? { along: inline, across: block } : { along: block, across: inline }
}

type Arrows = Partial<Record<string, number>>

type Settings = {
  /** The ids in the order in which they are shown. */
  tracks: readonly string[]
  axis: Axis
  isRightToLeft: boolean
  stepMs: number
  /** Whether it may become longer or shorter. */
  canStretch: boolean
}

/**
 * Where something is planned after a key: arrows along the track move it by a step, with Shift they change its length,
 * and arrows across lead to another track. null: the key does nothing.
 */
export function planAfterKey(plan: Plan, { key, shiftKey }: Pressed, settings: Settings): Plan | null {
  const { tracks, axis, isRightToLeft, stepMs, canStretch } = settings
  const { along, across } = arrowsOf(axis, isRightToLeft)
  const steps = along[key]
  if (steps !== undefined) {
    if (!shiftKey) return { ...plan, startsAt: plan.startsAt + steps * stepMs }
    const minutes = plan.minutes + (steps * stepMs) / minuteMs
    return minutes < 1 || !canStretch ? null : { ...plan, minutes }
  }
  const trackId = tracks[tracks.indexOf(plan.trackId) + (across[key] ?? Number.NaN)]
  return trackId === undefined ? null : { ...plan, trackId }
}

import type { Plan } from '../case-plan.ts'

const minuteMs = 60_000

type Pressed = { key: string; shiftKey: boolean }

/**
 * Where a case is planned after a key: arrows along the row move it by a step, with Shift they change its length, and
 * arrows across lead to another room. null: the key does nothing.
 *
 * @param rooms the ids in the order of the board
 */
export function planAfterKey(
  plan: Plan,
  { key, shiftKey }: Pressed,
  rooms: readonly string[],
  isRightToLeft: boolean,
  stepMs: number,
): Plan | null {
  const forwards = isRightToLeft ? 'ArrowLeft' : 'ArrowRight'
  const backwards = isRightToLeft ? 'ArrowRight' : 'ArrowLeft'
  if (key === forwards || key === backwards) {
    const sign = key === forwards ? 1 : -1
    if (!shiftKey) return { ...plan, startsAt: plan.startsAt + sign * stepMs }
    const minutes = plan.minutes + (sign * stepMs) / minuteMs
    return minutes < 1 ? null : { ...plan, minutes }
  }
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null
  const roomId = rooms[rooms.indexOf(plan.roomId) + (key === 'ArrowDown' ? 1 : -1)]
  return roomId === undefined ? null : { ...plan, roomId }
}

import type { Case, CaseConflict, TheatreBoard } from '@holdfast/contract/client'
import { type Plan, planOf } from '../case-plan.ts'
import type { Names } from '../conflict-text.ts'
import { minuteMs, openSpans, planSpan } from './board-layout.ts'

type Board = Pick<TheatreBoard, 'rooms' | 'cases'>
type Settings = { day: string; timeZone: string; names: Names }

/**
 * What the board alone tells against a plan for a case, so that it can be shown before the drop: the room, a person or
 * the patient is taken by another case, or the room is closed, which does not matter to an emergency, nor to a case
 * that keeps its place without becoming longer. The server decides, and knows more: equipment, blocks, other days, and
 * doctors' slots.
 */
export function planConflicts(one: Case, plan: Plan, board: Board, { day, timeZone, names }: Settings): CaseConflict[] {
  const room = board.rooms.find(({ id }) => id === plan.roomId)
  const span = planSpan(plan)
  const turnover = plan.roomId === one.roomId ? one.turnoverMinutes : (room?.turnoverMinutes ?? one.turnoverMinutes)
  const wanted = one.allocations.map(({ kind, resourceId }) => ({
    kind,
    resourceId: kind === 'room' ? plan.roomId : resourceId,
    from: span.from,
    to: kind === 'room' ? span.to + turnover * minuteMs : span.to,
  }))
  const busy = board.cases
    .filter(({ id }) => id !== one.id)
    .flatMap((other) =>
      other.allocations
        .filter((taken) =>
          wanted.some(
            ({ kind, resourceId, from, to }) =>
              // Another unit of the equipment may be free.
              kind !== 'equipment' &&
              resourceId === taken.resourceId &&
              Date.parse(taken.from) < to &&
              Date.parse(taken.to) > from,
          ),
        )
        .map((taken): CaseConflict => {
          const { kind, resourceId, from, to } = taken
          const name = kind === 'patient' ? null : kind === 'room' ? names.room(resourceId) : names.person(resourceId)
          return { ...found, code: 'resource_busy', kind, resourceId, name, from, to, caseId: other.id }
        }),
    )
  if (one.urgency === 'urgent' || one.urgency === 'immediate') return busy
  const before = planOf(one)
  const stays = plan.roomId === before.roomId && plan.startsAt === before.startsAt && plan.minutes <= before.minutes
  const open = room === undefined ? null : openSpans(room, day, timeZone)
  const isOpen = stays || open === null || open.some(({ from, to }) => from <= span.from && span.to <= to)
  return isOpen ? busy : [...busy, { ...found, code: 'outside_hours', isSoft: true }]
}

const found = { isSoft: false, ofCaseId: null, resourceId: null, name: null } as const

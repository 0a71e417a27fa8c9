import type { Allocation, Case, CaseConflict, CaseRequest, TheatreBoard } from '@holdfast/contract/client'
import { minuteMs, planSpan } from '../../../domain/time-grid/span.ts'
import { type Plan, planOf } from '../case-plan.ts'
import type { Names } from '../conflict-text.ts'
import { openSpans } from './board-layout.ts'

type Board = Pick<TheatreBoard, 'rooms' | 'cases'>
/** What is placed: a case, or a request of the waitlist, which has no place yet (`before` null). */
export type Placed = Pick<Case, 'id' | 'urgency'> & {
  /** Who and what it takes, without the room. */
  wanted: Pick<Allocation, 'kind' | 'resourceId'>[]
  before: (Plan & { turnoverMinutes: number }) | null
}

type Settings = { day: string; timeZone: string; names: Names }

export function placedCase(one: Case): Placed {
  const { id, urgency, turnoverMinutes } = one
  const wanted = one.allocations.filter(({ kind }) => kind !== 'room')
  return { id, urgency, wanted, before: { ...planOf(one), turnoverMinutes } }
}

/** @param cases of the board, of which some may be of the same patient */
export function placedRequest(request: CaseRequest, cases: readonly Case[]): Placed {
  const { id, urgency, patient, surgeonId, anaesthetistId, staffIds } = request
  const patientId = cases
    .find((one) => patient !== null && one.patient?.mrn === patient.mrn)
    ?.allocations.find(({ kind }) => kind === 'patient')?.resourceId
  const those = (kind: Allocation['kind'], ids: readonly (string | null | undefined)[]) =>
    ids.flatMap((resourceId) => (resourceId ? [{ kind, resourceId }] : []))
  const people = [
    ...those('surgeon', [surgeonId]),
    ...those('anaesthetist', [anaesthetistId]),
    ...those('staff', staffIds),
  ]
  return { id, urgency, wanted: [...people, ...those('patient', [patientId])], before: null }
}

/**
 * What the board alone tells against a plan for a case or a request, so that it can be shown before the drop: the room,
 * a person or the patient is taken by another case, or the room is closed, which does not matter to an emergency, nor
 * to a case that keeps its place without becoming longer. The server decides, and knows more: equipment, blocks, other
 * days, and doctors' slots.
 */
export function planConflicts(one: Placed, plan: Plan, board: Board, settings: Settings): CaseConflict[] {
  const { day, timeZone, names } = settings
  const { before } = one
  const room = board.rooms.find(({ id }) => id === plan.roomId)
  const span = planSpan(plan)
  const known = before?.turnoverMinutes ?? 0
  const turnover = plan.roomId === before?.roomId ? known : (room?.turnoverMinutes ?? known)
  const wanted = [
    { kind: 'room', resourceId: plan.roomId, from: span.from, to: span.to + turnover * minuteMs },
    ...one.wanted.map((need) => ({ ...need, ...span })),
  ]
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
  const stays =
    before !== null &&
    plan.roomId === before.roomId &&
    plan.startsAt === before.startsAt &&
    plan.minutes <= before.minutes
  const open = room === undefined ? null : openSpans(room, day, timeZone)
  const isOpen = stays || open === null || open.some(({ from, to }) => from <= span.from && span.to <= to)
  return isOpen ? busy : [...busy, { ...found, code: 'outside_hours', isSoft: true }]
}

const found = { isSoft: false, ofCaseId: null, resourceId: null, name: null } as const

import type { BookingHistoryBody } from '@holdfast/contract'
import { type BookingEvent, clinicNoIn, clinicNoOf } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { eventBody } from './bodies/event-body.ts'
import { timeOrNull } from './bodies/time-text.ts'
import { keyNames } from './key-names.ts'

/** A booking's events with the names of those whom they have, and the times between which an appointment was moved. */
export async function historyBody(
  { engine, accounts, ofClinic }: Pick<RestDeps, 'engine' | 'accounts' | 'ofClinic'>,
  events: BookingEvent[],
): Promise<BookingHistoryBody> {
  const actorIds = [...new Set(events.flatMap(({ actorId }) => actorId ?? []))]
  const slotIds = [...new Set(events.flatMap(slotsOfMove))]
  const relievedIds = [...new Set(events.flatMap(peopleOf))]
  const [clinicNo = 0] = events.map(({ bookingId }) => clinicNoOf(bookingId))
  const [actors, keys, starts, people] = await Promise.all([
    accounts.byIds(actorIds),
    keyNames(
      { ofClinic },
      actorIds.filter((id) => clinicNoIn(id) === clinicNo),
    ),
    engine.reads.slotStarts(slotIds),
    relievedIds.length === 0 ? new Map<string, string>() : engine.theatre.names(clinicNo, relievedIds),
  ])
  const startOf = (slotId: string | undefined) => timeOrNull(starts.get(slotId ?? '') ?? null)
  const items = events.map((event) => {
    const [from, to] = slotsOfMove(event)
    return {
      event: eventBody(event),
      actorName: actors.get(event.actorId ?? '')?.name ?? keys.get(event.actorId ?? '') ?? null,
      fromStartsAt: startOf(from),
      startsAt: startOf(to),
      people: peopleOf(event).flatMap((id) => {
        const name = people.get(id)
        return name === undefined ? [] : { id, name }
      }),
    }
  })
  return { items }
}

/** Who left the team of a case, came to it, or changed the role in it. */
function peopleOf({ caseDetails }: BookingEvent): string[] {
  const { left = [], joined = [], changed = [] } = caseDetails?.relieved ?? {}
  return [...left, ...joined, ...changed.map(({ id }) => id)]
}

/** The slots before and after; none for other events, and for cases, whose slot is a session. */
function slotsOfMove({ type, fromSlotId, slotId, caseDetails }: BookingEvent): string[] {
  return type === 'moved' && fromSlotId !== null && caseDetails === null ? [fromSlotId, slotId] : []
}

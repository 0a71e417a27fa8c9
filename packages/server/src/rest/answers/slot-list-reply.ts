import type { FastifyRequest } from 'fastify'
import type { ListedDays } from '../../calendar/doctor-texts.ts'
import type { ListedSlots } from '../../calendar/slot-lists.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshReply, positionOf, type ReadResponse, staleReply } from './cached-read.ts'

/**
 * Answers with a doctor's slots from the calendar in memory, loading them first if they are not there. While the
 * database cannot be reached: the last known slots, marked as stale.
 *
 * @throws ProblemError doctor_not_found; and what the load throws
 */
export function slotListReply(
  { slotLists }: Pick<RestDeps, 'slotLists'>,
  request: Pick<FastifyRequest, 'headers'>,
  doctorId: string,
  days: ListedDays,
): ReadResponse | Promise<ReadResponse> {
  const reply = (list: ListedSlots | null) => {
    if (list === null) throw doctorNotFound(doctorId)
    return list.isStale ? staleReply(list.body, { isList: true }) : freshReply(list, request.headers['if-none-match'])
  }
  const list = slotLists.read(doctorId, days, positionOf(request))
  // Almost always from memory, without a promise.
  return list instanceof Promise ? list.then(reply) : reply(list)
}

import type { AlternativesQuery, Reads, Slot } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import { slotBody } from './bodies/slot-body.ts'
import { refusalProblem } from './outcome-problems.ts'
import { singleFlight } from './single-flight.ts'

const alternativesMax = 3

/** What was wanted. */
type Wanted = Omit<AlternativesQuery, 'limit'>

type SlotFullProblem = (request: Pick<FastifyRequest, 'id' | 'log'>, wanted: Wanted) => Promise<ProblemError>

/** The problem slot_full with slots to book instead. Hundreds of requests can need it at once: they share one query. */
export function slotFullProblems(reads: Pick<Reads, 'alternatives'>): SlotFullProblem {
  const shared = singleFlight(
    async (wanted: Wanted) => slotFullWith(await reads.alternatives({ ...wanted, limit: alternativesMax })),
    keyOf,
  )
  return async (request, wanted) => {
    try {
      return await shared(wanted)
    } catch (error) {
      // The slot is full, with or without alternatives.
      request.log.warn({ err: error, requestId: request.id }, 'no alternatives could be read')
      return slotFullWith([])
    }
  }
}

/** Only requests that want the same share a query. */
function keyOf({ slotId, units, appointmentType, fromSlotId, sameDoctor, byDesk, ...rest }: Wanted): string {
  rest satisfies Record<string, never>
  return JSON.stringify([slotId, units, appointmentType, fromSlotId, sameDoctor, byDesk])
}

function slotFullWith(alternatives: Slot[]): ProblemError {
  return refusalProblem({ kind: 'slot_full' }, { alternatives: alternatives.map(slotBody) })
}

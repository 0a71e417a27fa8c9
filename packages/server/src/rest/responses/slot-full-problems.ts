import type { Reads, Slot } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { ProblemError } from '../../edge/problem-error.ts'
import { slotBody } from './bodies/slot-body.ts'
import { refusalProblem } from './outcome-problems.ts'
import { singleFlight } from './single-flight.ts'

const alternativesMax = 3

type SlotFullProblem = (
  request: Pick<FastifyRequest, 'id' | 'log'>,
  slotId: string,
  units: number,
) => Promise<ProblemError>

/** The problem slot_full with slots to book instead. Hundreds of requests can need it at once: they share one query. */
export function slotFullProblems(reads: Pick<Reads, 'alternatives'>): SlotFullProblem {
  const shared = singleFlight(
    async (query: { slotId: string; units: number }) =>
      slotFullWith(await reads.alternatives({ ...query, limit: alternativesMax })),
    ({ slotId, units }) => `${slotId} ${units}`,
  )
  return async (request, slotId, units) => {
    try {
      return await shared({ slotId, units })
    } catch (error) {
      // The slot is full, with or without alternatives.
      request.log.warn({ err: error, requestId: request.id }, 'no alternatives could be read')
      return slotFullWith([])
    }
  }
}

function slotFullWith(alternatives: Slot[]): ProblemError {
  return refusalProblem({ kind: 'slot_full' }, { alternatives: alternatives.map(slotBody) })
}

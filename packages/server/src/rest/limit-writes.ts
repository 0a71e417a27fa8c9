import type { Operation } from '@holdfast/contract'
import type { Overloaded } from '@holdfast/engine'
import { problem } from '../edge/errors/problem-error.ts'
import { clinicNoOfCall } from './clinic-of-request.ts'
import type { AnyCall } from './guards/named-id.ts'
import type { RestDeps } from './rest-deps.ts'

/**
 * Limits how many writes of a clinic run at a time: while a row of the clinic is locked, its writes wait with a
 * connection each, and must not take those of all other clinics.
 *
 * @throws ProblemError overloaded, if too many wait or it has waited too long
 */
export function limitWrites<Call extends AnyCall, Response>(
  { limitClinic, engine }: Pick<RestDeps, 'limitClinic' | 'engine'>,
  described: Operation,
  respond: (call: Call) => Response | Promise<Response>,
): (call: Call) => Response | Promise<Response> {
  if (described.method === 'GET' || described.waits !== undefined) return respond
  return async (call) => {
    const clinicNo = await clinicNoOfCall(described, call, engine)
    if (clinicNo === null) return respond(call)
    const outcome = await limitClinic(clinicNo, async () => ({ response: await respond(call) }))
    if (isOverloaded(outcome)) {
      const detail = 'Too many changes of this clinic are waiting; this one was not attempted.'
      throw problem('overloaded', detail, { retryAfterSeconds: outcome.retryAfterSeconds })
    }
    return outcome.response
  }
}

export const isOverloaded = (outcome: object): outcome is Overloaded => 'kind' in outcome

import type { Operation, restOperations } from '@holdfast/contract'
import type { Overloaded } from '@holdfast/engine'
import { problem } from '../edge/problem-error.ts'
import { firstIdIn } from './first-id-in.ts'
import type { RestDeps } from './rest-deps.ts'

/** They wait in queues and turns of the engine, which have connections of their own. */
const queuedByEngine: ReadonlySet<string> = new Set<keyof typeof restOperations>([
  'createBooking',
  'confirmBooking',
  'extendBooking',
  'cancelBooking',
  'rescheduleBooking',
  'arriveBooking',
  'completeBooking',
  'noShowBooking',
  'reopenBooking',
  'linkBooking',
  'createCase',
  'checkCase',
  'confirmCase',
  'cancelCase',
  'moveCase',
  'swapCases',
  'bumpCases',
  'extendCase',
  'recordMilestone',
])

/** It waits for the receiver of a webhook, and writes only what came of that. */
const usesNetwork: ReadonlySet<string> = new Set<keyof typeof restOperations>(['testWebhook'])

/**
 * A write of a clinic waits for one of the clinic's turns: while a row of the clinic is locked, its writes wait with a
 * connection each, and must not take those of all other clinics.
 *
 * @throws ProblemError overloaded, if it has waited too long
 */
export function inClinicTurn<Call extends { params?: unknown; body?: unknown }, Response>(
  { inTurn }: Pick<RestDeps, 'inTurn'>,
  { id, method }: Operation,
  respond: (call: Call) => Response | Promise<Response>,
): (call: Call) => Response | Promise<Response> {
  if (method === 'GET' || queuedByEngine.has(id) || usesNetwork.has(id)) return respond
  return async (call) => {
    const named = firstIdIn(call.params) ?? firstIdIn(call.body)
    if (named === null) return respond(call)
    const outcome = await inTurn(named.clinicNo, async () => ({ response: await respond(call) }))
    if (isOverloaded(outcome)) {
      const detail = 'Too many changes of this clinic are waiting; this one was not attempted.'
      throw problem('overloaded', detail, { retryAfterSeconds: outcome.retryAfterSeconds })
    }
    return outcome.response
  }
}

const isOverloaded = (outcome: object): outcome is Overloaded => 'kind' in outcome

import { restOperations } from '@holdfast/contract'
import { isOutcomeUnknown } from '../../edge/errors/error-handler.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const burstsMax = 100
const cancelledMax = 500
const listedMax = 100

/** How much people may book at once, and what a burst of bookings has in common. */
export function serveBookingLimits(serve: Serve, deps: RestDeps): void {
  const { engine } = deps
  const { bookingLimits } = engine

  serve(restOperations.getBookingLimits, async ({ granted: { clinic } }) => ({
    status: 200,
    body: await bookingLimits.read(clinic.no),
  }))

  serve(restOperations.updateBookingLimits, async ({ body, granted: { clinic } }) => ({
    status: 200,
    body: await bookingLimits.change(clinic.no, body),
  }))

  serve(restOperations.listBookingBursts, async ({ query, granted: { clinic } }) => {
    const newAccountIds = await newAccountsOfBursts(deps, clinic.no, query.hours)
    const bursts = await bookingLimits.bursts({ ...query, clinicNo: clinic.no, newAccountIds, limit: burstsMax })
    const items = bursts.map(({ firstAt, lastAt, ...burst }) => ({
      ...burst,
      firstAt: timeText(firstAt),
      lastAt: timeText(lastAt),
    }))
    return { status: 200, body: { items } }
  })

  serve(restOperations.listBurstBookings, async ({ params: { burstId }, query: { hours }, granted: { clinic } }) => {
    const newAccountIds = await newAccountsOfBursts(deps, clinic.no, hours)
    const burst = { clinicNo: clinic.no, burstId, hours, newAccountIds, limit: listedMax + 1 }
    const ids = await bookingLimits.bookingsOfBurst(burst)
    const found = await Promise.all(ids.slice(0, listedMax).map((id) => engine.reads.booking(id)))
    const items = await bookingBodies(
      deps,
      found.filter((booking) => booking !== null),
    )
    return { status: 200, body: { items, remaining: ids.length > listedMax } }
  })

  serve(restOperations.cancelBookingBurst, async ({ params: { burstId }, body, granted: { clinic, actor } }) => {
    const { hours } = body
    const newAccountIds = await newAccountsOfBursts(deps, clinic.no, hours)
    const burst = { clinicNo: clinic.no, burstId, hours, newAccountIds, limit: cancelledMax + 1 }
    const ids = await bookingLimits.bookingsOfBurst(burst)
    const cancel = { action: 'cancel', onBehalf: true, actorId: actor.accountId, key: null, patient: null } as const
    const results = await Promise.allSettled(
      ids.slice(0, cancelledMax).map((bookingId) => engine.settle({ ...cancel, bookingId, reason: null })),
    )
    const cancelled = results.filter((one) => one.status === 'fulfilled' && one.value.kind === 'done').length
    const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    // What is cancelled stays cancelled, whatever became of the others: they remain.
    if (cancelled === 0 && failures.length > 0) throw failures.find(isOutcomeUnknown) ?? failures[0]
    return { status: 200, body: { cancelled, remaining: ids.length > cancelled } }
  })
}

/** A bot can create accounts as easily as it books without one, but none with an address that it cannot read. */
async function newAccountsOfBursts({ engine, accounts }: RestDeps, clinicNo: number, hours: number): Promise<string[]> {
  return accounts.newUnconfirmed(await engine.bookingLimits.accountsOfBursts({ clinicNo, hours }), hours)
}

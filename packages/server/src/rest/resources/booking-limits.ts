import { restOperations } from '@holdfast/contract'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const burstsMax = 100
const cancelledMax = 500

/** How much people may book at once, and what a burst of bookings has in common. */
export function serveBookingLimits(serve: Serve, { engine }: RestDeps): void {
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
    const bursts = await bookingLimits.bursts({ ...query, clinicNo: clinic.no, limit: burstsMax })
    const items = bursts.map(({ firstAt, lastAt, ...burst }) => ({
      ...burst,
      firstAt: timeText(firstAt),
      lastAt: timeText(lastAt),
    }))
    return { status: 200, body: { items } }
  })

  serve(restOperations.cancelBookingBurst, async ({ params: { burstId }, body, granted: { clinic, actor } }) => {
    const ids = await bookingLimits.guestBookingsOfBurst({
      clinicNo: clinic.no,
      burstId,
      hours: body.hours,
      limit: cancelledMax + 1,
    })
    const cancel = { action: 'cancel', onBehalf: true, actorId: actor.accountId, key: null, patient: null } as const
    const outcomes = await Promise.all(
      ids.slice(0, cancelledMax).map((bookingId) => engine.settle({ ...cancel, bookingId, reason: null })),
    )
    const cancelled = outcomes.filter(({ kind }) => kind === 'done').length
    return { status: 200, body: { cancelled, remaining: ids.length > cancelled } }
  })
}

import { restOperations } from '@holdfast/contract'
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../edge/validator.ts'
import { answeredBookings } from '../answers/answered-bookings.ts'
import { eventBody } from '../answers/bodies/event-body.ts'
import { statsBody } from '../answers/bodies/stats-body.ts'
import { singleFlight } from '../answers/single-flight.ts'
import { requireOwnCalendar } from '../guards/access.ts'
import { requireClinic } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'
import { requireDays, todayIn } from './local-days.ts'

const daysMax = 366
const daysDefault = 30
const verifyDetailsMax = 100

/** What a clinic's people look at: its bookings, figures, log and health. */
export function serveClinicDesk(app: FastifyInstance, deps: RestDeps): void {
  const { reads } = deps.engine
  // It reads everything a clinic has: one at a time for each.
  const verify = singleFlight(
    (clinicNo: number) => reads.verify({ clinicNo, detailsMax: verifyDetailsMax }),
    (clinicNo) => String(clinicNo),
  )

  serve(app, restOperations.listClinicBookings, async ({ params, query, principal }) => {
    const { clinic, actor } = await requireClinic(deps, principal, params.clinicId, ['doctor', 'staff', 'admin'])
    if (query.doctorId !== undefined) requireOwnCalendar(actor, query.doctorId)
    const from = query.from ?? defaultFrom(query.to, clinic.timezone, deps.now())
    const to = query.to ?? Temporal.PlainDate.from(from).add({ days: daysDefault }).toString()
    requireDays(from, to, daysMax)
    const page = await reads.bookingsOfClinic({
      clinicNo: clinic.no,
      from,
      to,
      status: query.status ?? null,
      doctorId: actor.role === 'doctor' ? actor.doctorId : (query.doctorId ?? null),
      q: query.q || null,
      limit: query.limit,
      cursor: query.cursor ?? null,
    })
    return { status: 200, body: { items: await answeredBookings(deps, page.items), nextCursor: page.nextCursor } }
  })

  serve(app, restOperations.getClinicStats, async ({ params, query, principal }) => {
    const { clinic } = await requireClinic(deps, principal, params.clinicId, ['admin'])
    const to = query.to ?? todayIn(clinic.timezone, deps.now()).toString()
    const from = query.from ?? Temporal.PlainDate.from(to).subtract({ days: daysDefault }).toString()
    requireDays(from, to, daysMax)
    const stats = await reads.clinicStats({ clinicNo: clinic.no, from, to })
    return { status: 200, body: statsBody(stats) }
  })

  serve(app, restOperations.listEvents, async ({ params, query, principal }) => {
    const { clinic } = await requireClinic(deps, principal, params.clinicId, ['admin'])
    if (query.newest) {
      if (query.after !== undefined) {
        throw invalidRequest([{ path: '/query/newest', message: 'must not be sent with after' }])
      }
      const newest = await reads.newestEventsOfClinic({ clinicNo: clinic.no, limit: query.limit })
      return { status: 200, body: { items: newest.map(eventBody), nextCursor: null } }
    }
    const page = await reads.eventsOfClinic({ clinicNo: clinic.no, after: query.after ?? null, limit: query.limit })
    return { status: 200, body: { items: page.items.map(eventBody), nextCursor: page.nextCursor } }
  })

  serve(app, restOperations.verifyClinic, async ({ params, principal }) => {
    const { clinic } = await requireClinic(deps, principal, params.clinicId, ['admin'])
    return { status: 200, body: await verify(clinic.no) }
  })
}

/** Today; or, when only a last day in the past was named, that day. */
function defaultFrom(to: string | undefined, timezone: string, now: Date): string {
  const today = todayIn(timezone, now).toString()
  return to !== undefined && to < today ? to : today
}

import { type PatientToEraseBody, restOperations } from '@holdfast/contract'
import {
  type BookingsOfClinicQuery,
  type Clinic,
  digitsOf,
  type PatientContact,
  type PatientErased,
} from '@holdfast/engine'
import {
  addDays,
  clinicSettings,
  localDay,
  requestsCountedMax,
  slowBookingsMax,
  yearDaysMax,
} from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { searchOf } from '../../audit/search-of.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { eventBody } from '../responses/bodies/event-body.ts'
import { statsBody, statsRows } from '../responses/bodies/stats-body.ts'
import { timeOrNull } from '../responses/bodies/time-text.ts'
import { bookingBodiesWithFlags, bookingBodiesWithLater } from '../responses/booking-bodies.ts'
import { shortCsvResponse } from '../responses/csv.ts'
import { singleFlight } from '../responses/single-flight.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { exportBookings } from './export-bookings.ts'
import { requireDays } from './local-days.ts'

const daysDefault = 30
const verifyDetailsMax = 100

/** A clinic's bookings, figures, log and verification. */
export function serveClinicDesk(serve: Serve, deps: RestDeps): void {
  const { reads } = deps.engine
  // It reads all of a clinic's bookings: one run at a time for each clinic.
  const verify = singleFlight(
    (clinicNo: number) => reads.verify({ clinicNo, detailsMax: verifyDetailsMax }),
    (clinicNo) => String(clinicNo),
  )

  serve(
    restOperations.listClinicBookings,
    async ({ query, granted: { clinic, actor }, field: doctorId }) => {
      const { limit, cursor = null, withBookedSince, withTimeFree } = query
      if (withTimeFree && !query.requested) {
        throw invalidRequest([{ path: '/query/withTimeFree', message: 'must be sent together with requested' }])
      }
      if ((withBookedSince || withTimeFree) && limit > slowBookingsMax) {
        const message = `must be at most ${slowBookingsMax} with withBookedSince or withTimeFree, not ${limit}`
        throw invalidRequest([{ path: '/query/limit', message }])
      }
      const filters = bookingFilters(query, clinic, doctorId, deps.now())
      const page = await reads.bookingsOfClinic({ ...filters, withTimeFree, limit, cursor })
      const items = withBookedSince
        ? await bookingBodiesWithLater(deps, clinic.no, page.items, actor.doctorId)
        : await bookingBodiesWithFlags(deps, clinic.no, page.items)
      return { status: 200, body: { items, nextCursor: page.nextCursor } }
    },
    {
      audit: ({ query }) => searchOf(query.q),
      compresses: true,
    },
  )

  serve(restOperations.countRequests, async ({ granted: { clinic }, field: doctorId }) => {
    const waiting = { clinicNo: clinic.no, doctorId, limit: requestsCountedMax }
    const { firstEndsAt, ...counted } = await reads.requestsOfClinic(waiting)
    return { status: 200, body: { ...counted, firstEndsAt: timeOrNull(firstEndsAt) } }
  })

  serve(restOperations.exportClinicBookings, ({ query, granted, field: doctorId, request, sending }) => {
    const { clinic, actor } = granted
    const filters = bookingFilters(query, clinic, doctorId, deps.now())
    const by = { actorId: actor.accountId, network: networkPrefix(request.ip) }
    return exportBookings(deps, filters, clinic, query.separator, by, sending)
  })

  serve(restOperations.getClinicStats, async ({ query, granted: { clinic } }) => {
    const stats = await reads.clinicStats(statsDays(query, clinic, deps.now()))
    return { status: 200, body: statsBody(stats) }
  })

  serve(restOperations.exportClinicStats, async ({ query, granted: { clinic } }) => {
    const days = statsDays(query, clinic, deps.now())
    const stats = await reads.clinicStats(days)
    const name = `statistics-${days.from}-${days.to}`
    return shortCsvResponse({ name, separator: query.separator, ...statsRows(statsBody(stats)) })
  })

  serve(restOperations.listEvents, async ({ query, granted: { clinic } }) => {
    const { newest: isNewest, confirmedOnly, limit } = query
    if (isNewest) {
      if (query.after !== undefined) {
        throw invalidRequest([{ path: '/query/newest', message: 'must not be sent together with after' }])
      }
      const newest = await reads.newestEventsOfClinic({ clinicNo: clinic.no, confirmedOnly, limit })
      return { status: 200, body: { items: newest.map(eventBody), nextCursor: null } }
    }
    if (confirmedOnly) {
      throw invalidRequest([{ path: '/query/confirmedOnly', message: 'must be sent together with newest' }])
    }
    const page = await reads.eventsOfClinic({ clinicNo: clinic.no, after: query.after ?? null, limit })
    return { status: 200, body: { items: page.items.map(eventBody), nextCursor: page.nextCursor } }
  })

  serve(restOperations.erasePatients, async (input) => ({ status: 200, body: await erasePatients(deps, input) }), {
    // The patients are not named, because they are to be forgotten. Failures are recorded where it is known how many
    // were erased.
    audit: (_input, body) => (body === undefined ? null : { details: [`${(body as PatientErased).erased}`] }),
  })

  serve(restOperations.verifyClinic, async ({ granted: { clinic } }) => ({
    status: 200,
    body: await verify(clinic.no),
  }))
}

async function erasePatients(
  { engine, audit }: RestDeps,
  { body, granted: { clinic, actor }, request }: Input<typeof restOperations.erasePatients>,
): Promise<PatientErased> {
  const patient = patientToErase(body)
  const { accountId: actorId } = actor
  let erased = 0
  const onErased = (count: number) => {
    erased += count
  }
  try {
    return await engine.erasures.ofPatient({ clinicNo: clinic.no, patient, actorId, onErased })
  } catch (error) {
    // What is committed stays erased, maybe also what failed last.
    const details = [`${erased}`, 'interrupted'] as const
    audit.record({
      kind: 'patients_erased',
      clinicNo: clinic.no,
      actorId,
      network: networkPrefix(request.ip),
      details,
    })
    throw error
  }
}

function patientToErase({ email, phone, accountId }: PatientToEraseBody): PatientContact {
  const named: PatientContact[] = []
  if (email !== undefined) named.push({ email })
  if (phone !== undefined) named.push({ phone })
  if (accountId !== undefined) named.push({ accountId })
  const [patient] = named
  if (patient === undefined || named.length > 1) {
    throw invalidRequest([{ path: '/', message: 'must have exactly one of email, phone and accountId' }])
  }
  if (phone !== undefined) requireDigits(phone, '/phone')
  return patient
}

/** @throws ProblemError */
export function requireDigits(phone: string, path: string): void {
  if (digitsOf(phone) === '') throw invalidRequest([{ path, message: 'must have digits, by which it is compared' }])
}

type BookingFilters = Omit<BookingsOfClinicQuery, 'limit' | 'cursor'>

/** @throws Problem 400 if it is too many days */
function statsDays(query: { from?: string; to?: string }, { no: clinicNo, timezone }: Clinic, now: Date) {
  const to = query.to ?? localDay(now, timezone)
  const from = query.from ?? addDays(to, -daysDefault)
  requireDays(from, to, yearDaysMax)
  return { clinicNo, from, to }
}

/** @throws ProblemError if the days are out of order, or too many */
function bookingFilters(
  query: Omit<Input<typeof restOperations.exportClinicBookings>['query'], 'separator'>,
  { no: clinicNo, timezone }: Clinic,
  doctorId: string | null,
  now: Date,
): BookingFilters {
  const from = query.from ?? defaultFrom(query.to, timezone, now)
  // All requests: they are few, and may lie far ahead.
  const isAhead = query.requested && query.to === undefined
  const to = query.to ?? addDays(from, isAhead ? clinicSettings.bookingHorizonDays.max : daysDefault)
  if (!isAhead) requireDays(from, to, yearDaysMax)
  return {
    clinicNo,
    from,
    to,
    status: query.status ?? null,
    confirmedOnly: query.confirmedOnly,
    requested: query.requested,
    attendance: query.attendance ?? null,
    doctorId,
    q: query.q || null,
  }
}

/** Today; but if only `to` was sent, and is in the past, that day. */
function defaultFrom(to: string | undefined, timezone: string, now: Date): string {
  const today = localDay(now, timezone)
  return to !== undefined && to < today ? to : today
}

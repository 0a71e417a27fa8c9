import type { BookingBody } from '@holdfast/contract'
import { type Booking, type ListedBooking, visitAddress } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { bookingBody } from './bodies/booking-body.ts'
import { timeOrNull, timeText } from './bodies/time-text.ts'
import { laterVisitBody } from './bodies/waitlist-body.ts'

/**
 * The bodies of bookings, each with the address of its video visit, with who cancelled it and with what became of the
 * offer that it was. The video rooms of all their doctors take one query and the epochs of their tokens another, and
 * none if no booking is a video visit to come; those who cancelled take a third, offers a fourth, their places in
 * series a fifth, and the rooms and devices that they take a sixth, unless none is in an open session.
 */
export async function bookingBodies(deps: RestDeps, bookings: readonly Booking[]): Promise<BookingBody[]> {
  const visits = bookings.filter(isVideoVisit)
  const [rooms, epochs, cancelledBy, offers, places, resources] = await Promise.all([
    // Both respond without a query if there are no visits.
    deps.engine.directory.videoRooms(visits.map(({ doctorId }) => doctorId)),
    deps.engine.manageTokenEpochs.renewed(visits.map(({ id }) => id)),
    deps.engine.reads.cancelledBy(bookings),
    deps.engine.waitlist.offerStates(bookings),
    deps.engine.series.placesOf(bookings),
    deps.engine.directory.resourcesOfVisits(bookings.filter(takesResources).map(({ slotId }) => slotId)),
  ])
  return bookings.map((booking) => {
    const { id, doctorId, slotId } = booking
    const room = isVideoVisit(booking) ? rooms.get(doctorId) : undefined
    const series = places.get(id)
    const taken = takesResources(booking) ? resources.get(slotId) : undefined
    const body = bookingBody(booking, {
      joinUrl: room === undefined ? null : visitAddress(room, deps.visitRooms.nameOf(id, epochs.get(id) ?? 0)),
      cancelledBy: cancelledBy.get(id) ?? null,
      offer: offers.get(id) ?? null,
    })
    return {
      ...body,
      ...(series === undefined ? {} : { series }),
      ...(taken === undefined ? {} : { resources: taken }),
    }
  })
}

/** The same for bookings of any clinics: each is completed from the database that has its clinic. */
export async function bookingBodiesOfClinics(deps: RestDeps, bookings: readonly Booking[]): Promise<BookingBody[]> {
  const clinicNos = [...new Set(bookings.map(({ clinicNo }) => clinicNo))]
  const found = await Promise.all(clinicNos.map(async (clinicNo) => [clinicNo, await deps.ofClinic(clinicNo)] as const))
  const depsByClinic = new Map(found)
  const groups = Map.groupBy(bookings, ({ clinicNo }) => depsByClinic.get(clinicNo) ?? deps)
  const bodies = await Promise.all([...groups].map(([ofGroup, group]) => bookingBodies(ofGroup, group)))
  const bodyById = new Map(bodies.flat().map((body) => [body.id, body]))
  return bookings.flatMap(({ id }) => bodyById.get(id) ?? [])
}

/**
 * The same for a page of a clinic's bookings, with the flags of their patients' records, whether the times of requests
 * that hold nothing are free, and when those who are there arrived.
 */
export async function bookingBodiesWithFlags(
  deps: RestDeps,
  clinicNo: number,
  bookings: readonly ListedBooking[],
): Promise<BookingBody[]> {
  const ids = bookings.filter(({ erasedAt }) => erasedAt === null).map(({ id }) => id)
  const [bodies, flags] = await Promise.all([
    bookingBodies(deps, bookings),
    deps.engine.patients.flagsOf(clinicNo, ids),
  ])
  return bodies.map((body, index) => {
    const patientFlags = flags.get(body.id)
    const { isTimeFree, arrivedAt } = bookings[index] ?? {}
    return {
      ...body,
      ...(arrivedAt === undefined ? {} : { arrivedAt: timeText(arrivedAt) }),
      ...(isTimeFree === undefined ? {} : { isTimeFree }),
      ...(patientFlags === undefined ? {} : { patientFlags }),
    }
  })
}

/**
 * The same for a page of a clinic's bookings, with what patients whose slots were withdrawn have got since.
 *
 * @param doctorId the doctor who reads them, and sees no appointments with others; null: somebody else
 */
export async function bookingBodiesWithLater(
  deps: RestDeps,
  clinicNo: number,
  bookings: readonly Booking[],
  doctorId: string | null,
): Promise<BookingBody[]> {
  const [bodies, later] = await Promise.all([
    bookingBodiesWithFlags(deps, clinicNo, bookings),
    deps.engine.reads.bookedSinceWithdrawal({ clinicNo, bookings, doctorId }),
  ])
  return bodies.map((body) => {
    const bookedSince = laterVisitBody(later.get(body.id))
    return bookedSince === null ? body : { ...body, bookedSince }
  })
}

/** The same for one booking, and for a hold that waits to be confirmed by a link, when that was sent. */
export async function bookingBodyWithVisit(deps: RestDeps, booking: Booking): Promise<BookingBody> {
  const [body = bookingBody(booking)] = await bookingBodies(deps, [booking])
  const mayWait =
    deps.confirmationTokens !== null && booking.status === 'PENDING' && booking.patient.email !== undefined
  const link = mayWait ? await deps.engine.bookingLinks.sent(booking.id) : null
  if (link === null) return body
  const { sentAt, nextAt, failure } = link
  return { ...body, confirmationLink: { sentAt: timeText(sentAt), nextAt: timeOrNull(nextAt), failure } }
}

/** A hold, a booking that is over, and one whose patient was erased have no address. */
function isVideoVisit({ appointmentType, status, erasedAt }: Booking): boolean {
  return appointmentType === 'video' && erasedAt === null && (status === 'CONFIRMED' || status === 'ARRIVED')
}

/** What was cancelled or has failed takes nothing any more. */
function takesResources({ sessionId, status }: Booking): boolean {
  return sessionId !== null && status !== 'CANCELLED' && status !== 'FAILED'
}

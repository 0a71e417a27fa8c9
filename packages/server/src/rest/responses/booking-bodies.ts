import type { BookingBody } from '@holdfast/contract'
import { type Booking, visitAddress } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { bookingBody } from './bodies/booking-body.ts'
import { timeText } from './bodies/time-text.ts'
import { laterVisitBody } from './bodies/waitlist-body.ts'

/**
 * The bodies of bookings, each with the address of its video visit, with who cancelled it and with what became of the
 * offer that it was. The rooms of all their doctors take one query and the epochs of their tokens another, and none if
 * no booking is a video visit to come; those who cancelled take a third, and offers a fourth.
 */
export async function bookingBodies(deps: RestDeps, bookings: readonly Booking[]): Promise<BookingBody[]> {
  const visits = bookings.filter(isVideoVisit)
  const [rooms, epochs, cancelledBy, offers] = await Promise.all([
    // Both respond without a query if there are no visits.
    deps.engine.directory.videoRooms(visits.map(({ doctorId }) => doctorId)),
    deps.engine.manageTokenEpochs.renewed(visits.map(({ id }) => id)),
    deps.engine.reads.cancelledBy(bookings),
    deps.engine.waitlist.offerStates(bookings),
  ])
  return bookings.map((booking) => {
    const { id, doctorId } = booking
    const room = isVideoVisit(booking) ? rooms.get(doctorId) : undefined
    return bookingBody(booking, {
      joinUrl: room === undefined ? null : visitAddress(room, deps.visitRooms.nameOf(id, epochs.get(id) ?? 0)),
      cancelledBy: cancelledBy.get(id) ?? null,
      offer: offers.get(id) ?? null,
    })
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

/** The same for a page of a clinic's bookings, with the flags of their patients' records. */
export async function bookingBodiesWithFlags(
  deps: RestDeps,
  clinicNo: number,
  bookings: readonly Booking[],
): Promise<BookingBody[]> {
  const ids = bookings.filter(({ erasedAt }) => erasedAt === null).map(({ id }) => id)
  const [bodies, flags] = await Promise.all([
    bookingBodies(deps, bookings),
    deps.engine.patients.flagsOf(clinicNo, ids),
  ])
  return bodies.map((body) => {
    const patientFlags = flags.get(body.id)
    return patientFlags === undefined ? body : { ...body, patientFlags }
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
  return { ...body, confirmationLink: { sentAt: timeText(sentAt), nextAt: nextAt && timeText(nextAt), failure } }
}

/** A hold, a booking that is over, and one whose patient was erased have no address. */
function isVideoVisit({ appointmentType, status, erasedAt }: Booking): boolean {
  return appointmentType === 'video' && erasedAt === null && (status === 'CONFIRMED' || status === 'ARRIVED')
}

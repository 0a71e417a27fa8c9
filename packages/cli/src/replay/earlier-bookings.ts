import pMap from 'p-map'
import { callTimeout } from '../target/http-outcome.ts'
import { pages } from '../target/pages.ts'
import { callUntilOk, type TargetServer } from '../target/target-server.ts'
import { appointmentIdOf, type EarlierBooking } from './book-appointment.ts'
import type { UnitOnServer } from './prepare-clinics.ts'

/** Bookings of earlier replays by appointment id, oldest first. */
export type EarlierBookings = ReadonlyMap<string, readonly EarlierBooking[]>

const clinicsAtOnce = 8
/** The API lists the bookings of at most 366 days at a time. */
const daysPerListMax = 366

/**
 * What earlier replays have booked in these units. A row that is among them requests the slot it already has, and so
 * gets its booking again; one that was booked longer ago than servers store idempotency keys is not sent at all.
 */
export async function listEarlierBookings(
  server: TargetServer,
  units: readonly UnitOnServer[],
  firstDate: string,
  lastDate: string,
): Promise<EarlierBookings> {
  const earlier = new Map<string, EarlierBooking[]>()
  const listOfUnit = async (unit: UnitOnServer) => {
    for (
      let from = Temporal.PlainDate.from(firstDate);
      from.toString() <= lastDate;
      from = from.add({ days: daysPerListMax })
    ) {
      const to = from.add({ days: daysPerListMax - 1 })
      await collect(server, unit.clinicId, from.toString(), to.toString(), earlier)
    }
  }
  await pMap(units, listOfUnit, { concurrency: clinicsAtOnce, signal: server.signal })
  for (const bookings of earlier.values()) {
    bookings.sort((one, other) => Temporal.Instant.compare(one.createdAt, other.createdAt))
  }
  return earlier
}

async function collect(
  server: TargetServer,
  clinicId: string,
  from: string,
  to: string,
  earlier: Map<string, EarlierBooking[]>,
): Promise<void> {
  const bookings = pages((page) =>
    callUntilOk(server, 'listing bookings', () =>
      server.admin.listClinicBookings({ path: { clinicId }, query: { from, to, ...page }, ...callTimeout() }),
    ),
  )
  for await (const booking of bookings) {
    const appointmentId = appointmentIdOf(booking.reason)
    if (appointmentId === null) continue
    const confirmed = booking.status !== 'PENDING' && booking.status !== 'FAILED' && booking.status !== 'CANCELLED'
    const one = { slotId: booking.slotId, confirmed, createdAt: Temporal.Instant.from(booking.createdAt) }
    const others = earlier.get(appointmentId)
    if (others === undefined) earlier.set(appointmentId, [one])
    else others.push(one)
  }
}

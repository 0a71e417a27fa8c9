import type { Booking, Clinic, OpenFeed, Page } from '@holdfast/engine'
import { addDays, localDay, referenceOf } from '@holdfast/vocabulary'
import { shownName } from '../../messages/rendering/shown-name.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { FeedEvent, FeedFile } from './feed-file.ts'
import { feedTexts } from './feed-texts.ts'

/** What comes latest is left out. */
const eventsMax = 5_000
const pageSize = 500
/** A list can have many bookings that are cancelled. */
const pagesMax = 40
const daysBack = { account: 30, doctor: 30, clinic: 7 }
/** The most that a clinic's booking horizon is, and some days more. */
const daysAheadMax = 740

type Days = { from: string; to: string; cursor: string | null }

/** The events of a feed, and its name. @returns null if the clinic or the doctor is missing */
export async function readFeed(deps: RestDeps, feed: OpenFeed): Promise<FeedFile | null> {
  const texts = feedTexts[feed.language]
  if (feed.kind === 'account') {
    const bookings = await inWindow(deps, feed, 'UTC', (days) =>
      deps.engine.reads.bookingsOfAccount({ ...days, accountId: feed.id, status: null, limit: pageSize }),
    )
    const events = await eventsOf(deps, bookings, ({ doctor, clinic, booking }) => ({
      summary: texts.visitTo(doctor),
      location: booking.appointmentType === 'video' ? null : [clinic.name, clinic.address].filter(Boolean).join(', '),
      description: [clinic.name, clinic.phone, texts.reference(referenceOf(booking.id))].filter(Boolean).join('\n'),
    }))
    return { name: texts.mine, language: feed.language, events, patientsOfClinic: null }
  }
  return readClinicFeed(deps, feed)
}

async function readClinicFeed(deps: RestDeps, feed: OpenFeed): Promise<FeedFile | null> {
  const { engine } = deps
  const texts = feedTexts[feed.language]
  const doctor = feed.kind === 'doctor' ? await engine.directory.doctor(feed.id) : null
  if (feed.kind === 'doctor' && doctor === null) return null
  const clinic = await engine.directory.clinic(doctor?.clinicId ?? feed.id)
  if (clinic === null) return null
  const withNames = await engine.calendarFeeds.namesPatients(clinic.no)
  const bookings = await inWindow(deps, feed, clinic.timezone, (days) =>
    engine.reads.bookingsOfClinic({
      ...days,
      clinicNo: clinic.no,
      status: null,
      confirmedOnly: true,
      doctorId: doctor?.id ?? null,
      q: null,
      limit: pageSize,
    }),
  )
  const events = await eventsOf(deps, bookings, ({ doctor: name, booking }) => ({
    summary: [
      texts.visit[booking.appointmentType],
      ...(doctor === null ? [name] : []),
      ...(booking.units > 1 ? [texts.places(booking.units)] : []),
      ...(withNames ? [shownName(booking.patient.name) ?? ''] : []),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    location: null,
    description: texts.reference(referenceOf(booking.id)),
  }))
  const name = doctor === null ? clinic.name : texts.ofDoctor(doctor.name, clinic.name)
  return { name, language: feed.language, events, patientsOfClinic: withNames ? clinic.no : null }
}

/**
 * The confirmed bookings of the window, sorted by start. If there are more than `eventsMax`, bookings of today and
 * later take precedence.
 */
async function inWindow(
  { now }: RestDeps,
  { kind }: OpenFeed,
  timeZone: string,
  read: (days: Days) => Promise<Page<Booking>>,
): Promise<Booking[]> {
  const today = localDay(now(), timeZone)
  const day = (days: number) => addDays(today, days)
  const ahead = await confirmedIn(read, day(0), day(daysAheadMax), eventsMax)
  const past = await confirmedIn(read, day(-daysBack[kind]), day(-1), eventsMax - ahead.length)
  return [...past, ...ahead]
}

async function confirmedIn(
  read: (days: Days) => Promise<Page<Booking>>,
  from: string,
  to: string,
  max: number,
): Promise<Booking[]> {
  const found: Booking[] = []
  let cursor: string | null = null
  for (let page = 0; page < pagesMax && found.length < max; page += 1) {
    const { items, nextCursor }: Page<Booking> = await read({ from, to, cursor })
    found.push(...items.filter(isVisit))
    if (nextCursor === null) break
    cursor = nextCursor
  }
  return found.slice(0, max)
}

/** Cancelled bookings are left out: a calendar that subscribes to a feed removes what is no longer in it. */
function isVisit({ status }: Booking): boolean {
  return status === 'CONFIRMED' || status === 'ARRIVED' || status === 'COMPLETED'
}

type Visit = { booking: Booking; doctor: string; clinic: Clinic }

async function eventsOf(
  { engine }: RestDeps,
  bookings: readonly Booking[],
  textsOf: (visit: Visit) => Pick<FeedEvent, 'summary' | 'location' | 'description'>,
): Promise<FeedEvent[]> {
  const names = await engine.calendarFeeds.doctorNames(bookings.map(({ doctorId }) => doctorId))
  const clinics = new Map<string, Clinic | null>()
  for (const clinicId of new Set(bookings.map((booking) => booking.clinicId))) {
    clinics.set(clinicId, await engine.directory.clinic(clinicId))
  }
  return bookings.flatMap((booking): FeedEvent[] => {
    const { id: bookingId, version, updatedAt: changedAt, startsAt, endsAt } = booking
    const clinic = clinics.get(booking.clinicId) ?? null
    if (clinic === null) return []
    const texts = textsOf({ booking, clinic, doctor: names.get(booking.doctorId) ?? '' })
    return [{ bookingId, version, changedAt, startsAt, endsAt, timeZone: clinic.timezone, ...texts }]
  })
}

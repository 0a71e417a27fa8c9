import { clinicNoIn } from '@holdfast/engine'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { createFindResponder, type RestShards } from './find-responder.ts'
import { serveApiKeys } from './resources/api-keys.ts'
import { serveAuditEvents } from './resources/audit-events.ts'
import { serveBookingLimits } from './resources/booking-limits.ts'
import { serveBookingSeries } from './resources/booking-series.ts'
import { serveBookings } from './resources/bookings.ts'
import { serveBusyCalendars } from './resources/busy-calendars.ts'
import { serveCalendarFeeds } from './resources/calendar-feeds.ts'
import { serveCaseRequests } from './resources/case-requests.ts'
import { serveClinicDesk } from './resources/clinic-desk.ts'
import { serveClinicLogos } from './resources/clinic-logos.ts'
import { serveClinicSecurity } from './resources/clinic-security.ts'
import { serveClinics } from './resources/clinics.ts'
import { serveClosures } from './resources/closures.ts'
import { serveCorrections } from './resources/correct-patient.ts'
import { serveDoctors } from './resources/doctors.ts'
import { serveEntryLinks } from './resources/entry-links.ts'
import { serveHealth } from './resources/health.ts'
import { serveInvitations } from './resources/invitations.ts'
import { serveMe } from './resources/me.ts'
import { serveMembers } from './resources/members.ts'
import { serveMessageChoices } from './resources/message-choices.ts'
import { serveMessages } from './resources/messages.ts'
import { serveBookingMoves } from './resources/move-bookings.ts'
import { serveMyPeople } from './resources/my-people.ts'
import { servePatients } from './resources/patients.ts'
import { servePersonalData } from './resources/personal-data.ts'
import { serveProof } from './resources/proof.ts'
import { servePublicHolidays } from './resources/public-holidays.ts'
import { serveReminderChoices } from './resources/reminder-choices.ts'
import { serveSessions } from './resources/sessions.ts'
import { serveSlots } from './resources/slots.ts'
import { serveTheatreBlocks } from './resources/theatre-blocks.ts'
import { serveTheatreCases } from './resources/theatre-cases.ts'
import { serveTheatrePlanning } from './resources/theatre-planning.ts'
import { serveTheatreReports } from './resources/theatre-reports.ts'
import { serveTheatreResources } from './resources/theatre-resources.ts'
import { serveTicketLinks } from './resources/ticket-links.ts'
import { serveVideoRooms } from './resources/video-rooms.ts'
import { serveVisitResources } from './resources/visit-resources.ts'
import { serveVisitTypes } from './resources/visit-types.ts'
import { serveWaitlist } from './resources/waitlist.ts'
import { serveWaitlistDepartures } from './resources/waitlist-departures.ts'
import { serveWebhooks } from './resources/webhooks.ts'
import { serveWorkingHours } from './resources/working-hours.ts'
import type { RestDeps } from './rest-deps.ts'
import { createServe, type Serve } from './serve.ts'
import { unsubscribeRoute } from './unsubscribe-route.ts'

/**
 * The REST routes of the contract. Register it where only JSON bodies are accepted, the edge's validator checks them,
 * `request.principal` is set, and `app.limitBooking` and `app.limitPatient` exist. Paths are complete (`/api/v1/…`).
 */
export function restRoutes(shards: RestShards): FastifyPluginAsync {
  const { common, others, of } = shards
  const find = others.length === 0 ? null : createFindResponder(shards, serveOperations)
  return async (app: FastifyInstance) => {
    serveOperations(createServe(app, common, find, shards), common)
    await app.register(unsubscribeRoute, { depsOf: (id: string) => of(clinicNoIn(id) ?? 0) })
  }
}

/** Serves each operation of the contract. */
export function serveOperations(serve: Serve, deps: RestDeps): void {
  serveClinics(serve, deps)
  serveClinicLogos(serve, deps)
  serveDoctors(serve, deps)
  serveVideoRooms(serve, deps)
  serveVisitTypes(serve, deps)
  serveVisitResources(serve, deps)
  serveSlots(serve, deps)
  serveSessions(serve, deps)
  serveWorkingHours(serve, deps)
  serveBookings(serve, deps)
  serveBookingMoves(serve, deps)
  serveBookingSeries(serve, deps)
  serveCorrections(serve, deps)
  serveTicketLinks(serve, deps)
  serveEntryLinks(serve, deps)
  serveMe(serve, deps)
  serveMyPeople(serve, deps)
  serveMembers(serve, deps)
  serveInvitations(serve, deps)
  serveClinicDesk(serve, deps)
  servePatients(serve, deps)
  servePersonalData(serve, deps)
  serveBookingLimits(serve, deps)
  serveClinicSecurity(serve, deps)
  serveMessages(serve, deps)
  serveReminderChoices(serve, deps)
  serveMessageChoices(serve, deps)
  serveAuditEvents(serve, deps)
  serveProof(serve, deps)
  serveHealth(serve, deps)
  serveTheatreResources(serve, deps)
  serveTheatreBlocks(serve, deps)
  serveTheatreCases(serve, deps)
  serveTheatrePlanning(serve, deps)
  serveCaseRequests(serve, deps)
  serveTheatreReports(serve, deps)
  serveWaitlist(serve, deps)
  serveWaitlistDepartures(serve, deps)
  serveWebhooks(serve, deps)
  serveApiKeys(serve, deps)
  serveCalendarFeeds(serve, deps)
  serveBusyCalendars(serve, deps)
  serveClosures(serve, deps)
  servePublicHolidays(serve, deps)
}

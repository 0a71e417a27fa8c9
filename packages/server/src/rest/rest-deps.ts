import type { ClinicLimiter, DaysOfAnyDoctor, Engine } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { Accounts } from '../accounts/accounts.ts'
import type { Sessions } from '../accounts/sessions/sessions.ts'
import type { AuditRecorder } from '../audit/audit-recorder.ts'
import type { Freshness } from '../cache/freshness.ts'
import type { SlotLists } from '../calendar/slot-lists.ts'
import type { ReadHealth } from '../health/create-health.ts'
import type { ReadHolidays } from '../holidays/read-holidays.ts'
import type { AccountMails } from '../messages/account-mails/account-mails.ts'
import type { RecipientDigests } from '../messages/recipient-digests.ts'
import type { MailLinks } from '../messages/rendering/mail-links.ts'
import type { ApiKeySecrets } from '../secrets/api-keys.ts'
import type { BookingOrigins } from '../secrets/booking-origins.ts'
import type { AddressTokens } from '../secrets/confirmation-tokens.ts'
import type { ManageTokens } from '../secrets/manage-tokens.ts'
import type { SealedTexts } from '../secrets/sealed-texts.ts'
import type { VisitRooms } from '../secrets/visit-rooms.ts'
import type { WebhookSender } from '../webhooks/attempt-delivery.ts'
import type { StoredFor } from './responses/bodies/retention-kind-bodies.ts'
import type { ExportSlots } from './responses/export-slots.ts'

/** What the REST routes depend on; see compose-server.ts. */
export type RestDeps = {
  engine: Engine
  /** What requests about this clinic depend on; with one database, the same. A promise, if it has to be looked up. */
  ofClinic(clinicNo: number): RestDeps | Promise<RestDeps>
  /** For the writes that have no queue of the engine; see limit-writes.ts. */
  limitClinic: ClinicLimiter
  exportSlots: ExportSlots
  accounts: Pick<
    Accounts,
    'byIds' | 'confirmedEmail' | 'mayHaveFeed' | 'newUnconfirmed' | 'ofConfirmedEmail' | 'personalData' | 'time'
  >
  sessions: Pick<Sessions, 'isStillLive'>
  /** See confirm-change.ts. @throws ProblemError password_wrong, rate_limited */
  requireRecentSignIn(request: FastifyRequest, password: string | undefined): Promise<void>
  audit: Pick<AuditRecorder, 'record' | 'acknowledge'>
  mails: Pick<AccountMails, 'isAvailable' | 'store' | 'request'>
  /** The link to a ticket, as e-mails have it. */
  ticketUrl: MailLinks['ticket']
  webhookSender: WebhookSender
  /** Encrypts the URLs of external calendars. */
  busyCalendarUrls: SealedTexts
  manageTokens: ManageTokens
  apiKeySecrets: ApiKeySecrets
  /** null: there is no mail server, so nobody confirms by a link. */
  confirmationTokens: AddressTokens | null
  /** Whether there is an SMS provider. */
  sendsSms: boolean
  unsubscribeTokens: AddressTokens
  recipientDigests: RecipientDigests
  visitRooms: VisitRooms
  bookingOrigins: BookingOrigins
  /** false: nobody is limited in how much they book. HOLDFAST_RATE_LIMIT */
  hasBookingLimits: boolean
  /** Slot lists from the calendar in memory. */
  slotLists: Pick<SlotLists, 'read'>
  /** For the slots of inactive doctors, which are not in memory. */
  calendarReads: DaysOfAnyDoctor
  /** This process's cache, and how far it has read the log. */
  freshness: Pick<Freshness, 'cache' | 'breaker'> & {
    /** Where the cache has responses about the clinics of several shards: while one is open, they are not read. */
    breakersOfShards?(): Iterable<Freshness['breaker']>
    tail: Pick<Freshness['tail'], 'horizon' | 'epoch' | 'transactionAt'>
    /** Where the cache has responses about the clinics of several shards: how far it has read the log of each. */
    tailsOfShards?(): Iterable<RestDeps['freshness']['tail']>
    /** Whether clinics are in a database that this process does not know: lists over all clinics lack them. */
    lacksClinics?(): boolean
  }
  readHolidays: ReadHolidays
  health: ReadHealth
  /** For how long the server stores what no clinic decides. */
  storedFor: StoredFor
  /** HOLDFAST_URL, for links; null: not set. */
  publicUrl: string | null
  /** The hold duration of a new clinic whose request names none. */
  holdSecondsDefault: number
  /** This process's clock, only to refuse early what is clearly in the past; the database's clock decides. */
  now(): Date
}

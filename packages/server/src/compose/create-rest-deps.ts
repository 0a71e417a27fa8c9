import type { OpenAccounts } from '../accounts/open-accounts.ts'
import type { Config } from '../config/config.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import type { RestPlaces } from '../rest/find-responder.ts'
import type { RestDeps } from '../rest/rest-deps.ts'
import { createBookingOrigins } from '../secrets/booking-origins.ts'
import { createConfirmationTokens, createUnsubscribeTokens } from '../secrets/confirmation-tokens.ts'
import { createManageTokens } from '../secrets/manage-tokens.ts'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { createVisitRooms } from '../secrets/visit-rooms.ts'
import { mailLinks } from './message-sender.ts'
import type { Place } from './open-place.ts'
import type { Common, Places } from './places.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { createWebhookSender } from './webhook-sender.ts'

type Sent = { accounts: OpenAccounts; audit: RestDeps['audit']; mailsOf(place: Common | Place): RestDeps['mails'] }

/** @returns what the REST routes depend on at a place */
export function createRestDeps(
  config: Config,
  database: PreparedDatabase,
  { accounts: { accounts, sessions }, audit, mailsOf }: Sent,
): (place: Common | Place) => RestDeps {
  const ofAllPlaces = {
    ...derivedSecrets(config, database),
    accounts,
    sessions,
    audit,
    webhookSender: createWebhookSender(config, database.secrets),
    publicUrl: config.publicUrl,
    holdSecondsDefault: config.holdSeconds,
    now: () => new Date(),
  }
  return (place) => ({ ...place.rest, ...ofAllPlaces, mails: mailsOf(place) })
}

/** What the routes of each place depend on; null: there is one place. */
export function restPlaces(
  { all, placeOf }: Places,
  restOf: (place: Place) => RestDeps,
): Omit<RestPlaces, 'coordinator'> | null {
  if (placeOf === null) return null
  const rest = new Map(all.map((place) => [place, restOf(place)]))
  const of = (clinicNo: number) => {
    const deps = rest.get(placeOf(clinicNo))
    if (deps === undefined) throw new Error(`No place serves the clinic ${clinicNo}.`)
    return deps
  }
  return { all: [...rest.values()], of }
}

function derivedSecrets(config: Config, { secrets }: PreparedDatabase) {
  return {
    bookingOrigins: createBookingOrigins(secrets),
    hasBookingLimits: config.rateLimit,
    manageTokens: createManageTokens(secrets),
    confirmationTokens: config.smtpUrl === null ? null : createConfirmationTokens(secrets),
    unsubscribeTokens: createUnsubscribeTokens(secrets),
    recipientDigests: createRecipientDigests(secrets),
    ticketUrl: mailLinks(config, secrets).ticket,
    visitRooms: createVisitRooms(secrets),
    busyCalendarUrls: createSealedTexts(secrets, 'busy-calendar'),
  }
}

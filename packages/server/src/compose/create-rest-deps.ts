import type { OpenAccounts } from '../accounts/open-accounts.ts'
import type { Config } from '../config/config.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import type { RestShards } from '../rest/find-responder.ts'
import type { RestDeps } from '../rest/rest-deps.ts'
import { createBookingOrigins } from '../secrets/booking-origins.ts'
import { createConfirmationTokens, createUnsubscribeTokens } from '../secrets/confirmation-tokens.ts'
import { createManageTokens } from '../secrets/manage-tokens.ts'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { createVisitRooms } from '../secrets/visit-rooms.ts'
import type { PreparedDatabase } from './database/prepare-database.ts'
import { mailLinks } from './jobs/message-sender.ts'
import { createWebhookSender } from './jobs/webhook-sender.ts'
import type { OpenShard } from './shards/open-shard.ts'
import type { Common, OpenShards } from './shards/shards.ts'

type Sent = { accounts: OpenAccounts; audit: RestDeps['audit']; mailsOf(shard: Common | OpenShard): RestDeps['mails'] }

/** @returns what the REST routes depend on in a shard */
export function createRestDeps(
  config: Config,
  database: PreparedDatabase,
  { accounts: { accounts, sessions }, audit, mailsOf }: Sent,
): (shard: Common | OpenShard) => RestDeps {
  const ofAllShards = {
    ...derivedSecrets(config, database),
    accounts,
    sessions,
    audit,
    webhookSender: createWebhookSender(config, database.secrets),
    publicUrl: config.publicUrl,
    holdSecondsDefault: config.holdSeconds,
    now: () => new Date(),
  }
  return (shard) => ({ ...shard.rest, ...ofAllShards, mails: mailsOf(shard) })
}

/** What the routes of each shard depend on; null: the database is not distributed. */
export function restShards(
  { all, coordinator, shardOf }: OpenShards,
  restOf: (shard: OpenShard) => RestDeps,
): Omit<RestShards, 'coordinator'> | null {
  if (coordinator === null) return null
  const rest = new Map(all.map((shard) => [shard, restOf(shard)]))
  const of = (clinicNo: number) => {
    const deps = rest.get(shardOf(clinicNo))
    if (deps === undefined) throw new Error(`No shard serves the clinic ${clinicNo}.`)
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

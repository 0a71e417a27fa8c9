import type { OpenAccounts } from '../accounts/open-accounts.ts'
import type { Config } from '../config/config.ts'
import { createReadHolidays } from '../holidays/read-holidays.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import { callerOf } from '../rest/auth/caller.ts'
import { type RecentSignInDeps, requireRecentSignIn } from '../rest/auth/confirm-change.ts'
import type { RestShards } from '../rest/find-responder.ts'
import { ExportSlots } from '../rest/responses/export-slots.ts'
import type { RestDeps } from '../rest/rest-deps.ts'
import { createApiKeySecrets } from '../secrets/api-keys.ts'
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

type RestServices = {
  accounts: OpenAccounts
  attempts: RecentSignInDeps['attempts']
  audit: RestDeps['audit']
  mailsOf(shard: Common | OpenShard): RestDeps['mails']
  health: RestDeps['health']
}

/** @returns what the REST routes depend on, by clinics */
export function createRestDeps(
  config: Config,
  database: PreparedDatabase,
  { common, all, find, lookAgain, places }: OpenShards,
  { accounts: { accounts, passwords, sessions }, attempts, audit, mailsOf, health }: RestServices,
): RestShards {
  const requireRecent: RestDeps['requireRecentSignIn'] = (request, password) =>
    requireRecentSignIn(request, { accounts, attempts, passwords, sessions }, callerOf(request), password)
  const ofAllShards = {
    ...derivedSecrets(config, database),
    accounts,
    sessions,
    requireRecentSignIn: requireRecent,
    audit,
    health,
    exportSlots: new ExportSlots(),
    readHolidays: createReadHolidays(),
    webhookSender: createWebhookSender(config, database.secrets),
    storedFor: config,
    publicUrl: config.publicUrl,
    sendsSms: config.smsUrl !== null,
    holdSecondsDefault: config.holdSeconds,
    now: () => new Date(),
  }
  const rest = new Map<OpenShard, RestDeps>()
  const depsOf = (shard: OpenShard): RestDeps => {
    const deps = rest.get(shard)
    if (deps === undefined) throw new Error('The database of a clinic is not open.')
    return deps
  }
  const of = (clinicNo: number): RestDeps | Promise<RestDeps> => {
    if (all.length === 1) return ofCommon
    const shard = find(clinicNo)
    return shard instanceof Promise ? shard.then(depsOf) : depsOf(shard)
  }
  const restOf = (shard: Common | OpenShard): RestDeps => ({
    ...shard.rest,
    ...ofAllShards,
    mails: mailsOf(shard),
    ofClinic: of,
  })
  const ofCommon = restOf(common)
  if (all.length === 1) return { common: ofCommon, of, lookAgain, places, others: [] }
  for (const shard of all) rest.set(shard, restOf(shard))
  return { common: ofCommon, of, lookAgain, places, others: [...rest.values()] }
}

function derivedSecrets(config: Config, { secrets }: PreparedDatabase) {
  return {
    bookingOrigins: createBookingOrigins(secrets),
    hasBookingLimits: config.rateLimit,
    manageTokens: createManageTokens(secrets),
    apiKeySecrets: createApiKeySecrets(secrets),
    confirmationTokens: config.smtpUrl === null ? null : createConfirmationTokens(secrets),
    unsubscribeTokens: createUnsubscribeTokens(secrets),
    recipientDigests: createRecipientDigests(secrets),
    ticketUrl: mailLinks(config, secrets).ticket,
    visitRooms: createVisitRooms(secrets),
    busyCalendarUrls: createSealedTexts(secrets, 'busy-calendar'),
  }
}

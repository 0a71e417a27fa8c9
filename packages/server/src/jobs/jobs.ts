import {
  deleteExpiredAccountMails,
  endWaitlistEntries,
  ensurePartitions,
  eraseOutdated,
  expireHolds,
  expireHoldsOfAllMonths,
  finishErasures,
  planReplays,
  purgeAuditEvents,
  purgeOutdated,
  type StoreEntryMail,
} from '@holdfast/engine'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { type BusyCalendarReader, readDueCalendars } from '../busy/read-due-calendars.ts'
import type { MessageSender } from '../messages/patient-messages/message-sender.ts'
import { sendDueMessages } from '../messages/patient-messages/send-due-messages.ts'
import type { Logger } from '../observe/logger.ts'
import { sendDueDeliveries, type WebhookDeps } from '../webhooks/send-due-deliveries.ts'

export type JobDeps = {
  pool: pg.Pool
  auditMonths: number
  /** false: a shard, whose database has no accounts. Default: true. */
  hasAccounts?: boolean
  /** Absent or null: nobody gets an e-mail when the last day of their entry of a waitlist is past. */
  storeExpiredMail?: StoreEntryMail | null
  /** Absent: messages wait for a process that has it. */
  sender?: MessageSender
  /** Absent: deliveries wait for a process that has it. */
  webhooks?: Pick<WebhookDeps, 'sender' | 'onPaused'>
  /** Absent: calendars wait for a process that has it. */
  calendars?: BusyCalendarReader
  log: Logger
}

/** A job works in small transactions. Any number of processes may run it at the same time, and it is idempotent. */
export type Job = {
  name: 'sweep' | 'messages' | 'webhooks' | 'calendars' | 'old-holds' | 'partitions' | 'retention' | 'erasures'
  /** A cron expression, in UTC. */
  schedule: string
  /** What its result counts, for the log. */
  counts: string
  run(deps: JobDeps, signal?: AbortSignal): Promise<number>
}

const batchSize = 1_000
/** A run ends after this many batches, and the next run continues. */
const batchesMax = 1_000
/** A run that sends begins nothing more after this, and the next run continues: the other jobs wait for it. */
const runMsMax = { messages: 30_000, webhooks: 5_000 }

/** Maintenance. Bookings are correct even if no job ever runs. */
export const jobs: readonly Job[] = [
  {
    name: 'sweep',
    schedule: '* * * * *',
    counts: 'lapsed holds expired',
    run: ({ pool }, signal) => expireHolds(pool, signal),
  },
  {
    name: 'messages',
    schedule: '* * * * *',
    counts: 'messages sent, kept, skipped or given up',
    run: ({ pool, sender, log }, signal) =>
      sender === undefined
        ? Promise.resolve(0)
        : sendDueMessages({ pool, sender, log }, { signal, runMsMax: runMsMax.messages }),
  },
  {
    name: 'webhooks',
    schedule: '* * * * *',
    counts: 'attempts to deliver events to webhooks',
    async run({ pool, webhooks, log }, signal) {
      await planReplays(pool, signal)
      return webhooks === undefined
        ? 0
        : sendDueDeliveries({ ...webhooks, pool, log }, { signal, runMsMax: runMsMax.webhooks })
    },
  },
  {
    name: 'calendars',
    schedule: '* * * * *',
    counts: 'external calendars of doctors read',
    run: ({ pool, calendars, log }, signal) =>
      calendars === undefined ? Promise.resolve(0) : readDueCalendars({ ...calendars, pool, log }, signal),
  },
  {
    name: 'old-holds',
    schedule: '47 3 * * *',
    counts: 'holds expired that were created more than a day ago',
    run: ({ pool }, signal) => expireHoldsOfAllMonths(pool, signal),
  },
  {
    name: 'partitions',
    schedule: '17 3 * * *',
    counts: 'partitions created',
    run: async ({ pool }) => (await ensurePartitions(pool)).length,
  },
  {
    name: 'retention',
    schedule: '27 * * * *',
    counts:
      'old idempotency keys, stored responses, directory changes, messages, e-mails to accounts, deliveries of ' +
      'webhooks, sessions and security events deleted, and entries of waitlists ended',
    run: async ({ pool, auditMonths, hasAccounts = true, storeExpiredMail: storeMail = null }, signal) => {
      const outdated = (await purgeOutdated(pool, signal)) + (await purgeAuditEvents(pool, auditMonths, signal))
      const ended = (await endWaitlistEntries(pool, { signal, storeMail })) + (await deleteExpiredAccountMails(pool))
      return outdated + ended + (hasAccounts ? await deleteExpiredSessions(pool, signal) : 0)
    },
  },
  {
    name: 'erasures',
    schedule: '37 * * * *',
    counts: 'patients erased after the time of their clinic',
    async run({ pool }, signal) {
      await finishErasures(pool, signal)
      return eraseOutdated(pool, signal)
    },
  },
]

/** Deletes sessions that have expired, where the accounts are. @returns how many */
function deleteExpiredSessions(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  return untilDone(pool, deleteSessions, signal, batchSize)
}

const deleteSessions = sql`
  with gone as (
    delete from auth.session where id in (
      select id from auth.session where "expiresAt" < now() limit ${batchSize} for update skip locked)
    returning 1)
  select count(*) as count from gone`

/** Repeats a step while it still finds at least `enough` rows. Each step is a separate transaction. */
async function untilDone(
  pool: pg.Pool,
  statement: Sql,
  signal: AbortSignal | undefined,
  enough: number,
): Promise<number> {
  let total = 0
  for (let step = 0; step < batchesMax && signal?.aborted !== true; step += 1) {
    const { rows } = await pool.query<{ count: number }>(statement)
    const count = Number(rows[0]?.count ?? 0)
    total += count
    if (count < enough) break
  }
  return total
}

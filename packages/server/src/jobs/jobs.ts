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
  purgeResponses,
  repeatUntilFewer,
  type StoreEntryMail,
} from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { type BusyCalendarReader, readDueCalendars } from '../busy/read-due-calendars.ts'
import type { MessageSender } from '../messages/patient-messages/message-sender.ts'
import { sendDueMessages } from '../messages/patient-messages/send-due-messages.ts'
import type { Logger } from '../observe/logger.ts'
import { sendDueDeliveries, type WebhookDeps } from '../webhooks/send-due-deliveries.ts'

export type JobDeps = {
  pool: pg.Pool
  auditMonths: number
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

/**
 * `shard`: what concerns the clinics of a database, on Citus of a shard. `coordinator`: what concerns accounts, and
 * what is done once for all shards. A plain database has both.
 */
export type JobPart = 'shard' | 'coordinator'

type Work = (deps: JobDeps, signal?: AbortSignal) => Promise<number>

/** A job works in small transactions. Any number of processes may run it at the same time, and it is idempotent. */
export type Job = {
  name: 'sweep' | 'messages' | 'webhooks' | 'calendars' | 'old-holds' | 'partitions' | 'retention' | 'erasures'
  /** A cron expression, in UTC. */
  schedule: string
  /** What its result counts, for the log. */
  counts: string
  /** What it does in a shard, if anything. */
  shard?: Work
  /** What it does on the coordinator, if anything. If that is the same, a plain database does it once. */
  coordinator?: Work
}

const batchSize = 1_000
/** A run that sends begins nothing more after this, and the next run continues: the other jobs wait for it. */
const runMsMax = { messages: 30_000, webhooks: 5_000 }

/** Maintenance. Bookings are correct even if no job ever runs. */
export const jobs: readonly Job[] = [
  {
    name: 'sweep',
    schedule: '* * * * *',
    counts: 'lapsed holds expired',
    shard: ({ pool }, signal) => expireHolds(pool, signal),
  },
  {
    name: 'messages',
    schedule: '* * * * *',
    counts: 'messages sent, kept, skipped or given up',
    shard: ({ pool, sender, log }, signal) =>
      sender === undefined
        ? Promise.resolve(0)
        : sendDueMessages({ pool, sender, log }, { signal, runMsMax: runMsMax.messages }),
  },
  {
    name: 'webhooks',
    schedule: '* * * * *',
    counts: 'attempts to deliver events to webhooks',
    async shard({ pool, webhooks, log }, signal) {
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
    shard: ({ pool, calendars, log }, signal) =>
      calendars === undefined ? Promise.resolve(0) : readDueCalendars({ ...calendars, pool, log }, signal),
  },
  {
    name: 'old-holds',
    schedule: '47 3 * * *',
    counts: 'holds expired that were created more than a day ago',
    shard: ({ pool }, signal) => expireHoldsOfAllMonths(pool, signal),
  },
  {
    name: 'partitions',
    schedule: '17 3 * * *',
    counts: 'partitions created',
    shard: createPartitions,
    coordinator: createPartitions,
  },
  {
    name: 'retention',
    schedule: '27 * * * *',
    counts:
      'old idempotency keys, stored responses, directory changes, messages, e-mails to accounts, deliveries of ' +
      'webhooks, sessions and security events deleted, and entries of waitlists ended',
    shard: purgeShard,
    coordinator: purgeAccounts,
  },
  {
    name: 'erasures',
    schedule: '37 * * * *',
    counts: 'patients erased after the time of their clinic',
    async shard({ pool }, signal) {
      await finishErasures(pool, signal)
      return eraseOutdated(pool, signal)
    },
  },
]

/** What a job does of these parts. */
export function workOf(job: Job, parts: readonly JobPart[]): readonly Work[] {
  return [...new Set(parts.flatMap((part) => job[part] ?? []))]
}

/** The jobs that do something of these parts. */
export function jobsOf(parts: readonly JobPart[]): readonly Job[] {
  return jobs.filter((job) => workOf(job, parts).length > 0)
}

/** A shard has no partitions to create. There, this only updates the bounds of recent ids and log entries. */
async function createPartitions({ pool }: JobDeps): Promise<number> {
  return (await ensurePartitions(pool)).length
}

async function purgeShard(
  { pool, auditMonths, storeExpiredMail: storeMail = null }: JobDeps,
  signal?: AbortSignal,
): Promise<number> {
  const outdated = (await purgeOutdated(pool, signal)) + (await purgeAuditEvents(pool, auditMonths, signal))
  const ended = (await endWaitlistEntries(pool, { signal, storeMail })) + (await deleteExpiredAccountMails(pool))
  return outdated + ended
}

/** The coordinator has responses and e-mails that are about no clinic. */
async function purgeAccounts({ pool }: JobDeps, signal?: AbortSignal): Promise<number> {
  const outdated = (await purgeResponses(pool, signal)) + (await deleteExpiredAccountMails(pool))
  return outdated + (await repeatUntilFewer(batchSize, () => deleteSessions(pool), signal))
}

async function deleteSessions(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(sql`
    delete from auth.session where id in (
      select id from auth.session where "expiresAt" < now() limit ${batchSize} for update skip locked)`)
  return rowCount ?? 0
}

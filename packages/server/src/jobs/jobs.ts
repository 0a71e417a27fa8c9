import {
  applyDueClosures,
  deleteExpiredAccountMails,
  endFailuresOf,
  endWaitlistEntries,
  ensurePartitions,
  eraseOutdated,
  expireHolds,
  expireHoldsOfAllMonths,
  fillDueDoctors,
  finishErasures,
  planReplays,
  purgeAuditEvents,
  purgeOutdated,
  repeatUntilFewer,
  type StoreEntryMail,
  sealAuditEvents,
} from '@holdfast/engine'
import type { MessageChannel } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AnchorPlace } from '../audit/anchor-places.ts'
import { anchorAuditEvents } from '../audit/audit-anchors.ts'
import { type BusyCalendarReader, readDueCalendars } from '../busy/read-due-calendars.ts'
import type { MessageSender } from '../messages/patient-messages/message-sender.ts'
import { sendDueMessages } from '../messages/patient-messages/send-due-messages.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { sendDueDeliveries, type WebhookDeps } from '../webhooks/send-due-deliveries.ts'

export type JobDeps = {
  pool: pg.Pool
  auditMonths: number
  /** Where the ends of the security log are stored. Absent: it is sealed, and they are stored nowhere else. */
  anchors?: readonly AnchorPlace[]
  /** Absent or null: nobody gets an e-mail when the last day of their entry of a waitlist is past. */
  storeExpiredMail?: StoreEntryMail | null
  /** Absent: messages wait for a process that has it. */
  sender?: MessageSender
  /** Called after each attempt at a message. */
  onMessage?: Metrics['messageDone'] | undefined
  /** Absent: deliveries wait for a process that has it. */
  webhooks?: Pick<WebhookDeps, 'sender' | 'onPaused'>
  /** Absent: calendars wait for a process that has it. */
  calendars?: BusyCalendarReader
  log: Logger
}

type Work = (deps: JobDeps, signal?: AbortSignal) => Promise<number>

/** A job works in small transactions. Any number of processes may run it at the same time, and it is idempotent. */
export type Job = {
  name:
    | 'sweep'
    | 'messages'
    | 'webhooks'
    | 'calendars'
    | 'working-hours'
    | 'security-log'
    | 'old-holds'
    | 'partitions'
    | 'retention'
    | 'erasures'
  /** A cron expression, in UTC. */
  schedule: string
  /** What its result counts, for the log. */
  counts: string
  /** It has a runner that runs nothing else: it must not wait behind a long job. */
  isSeparate?: true
  work: Work
}

const batchSize = 1_000
/** A run that takes long begins nothing more after this, and the next run continues: the other jobs wait for it. */
const runMsMax = { messages: 30_000, webhooks: 5_000, closures: 10_000, workingHours: 10_000 }
/** For so many clinics what requests have left is done in one run. */
const closuresMax = 100
/** So many doctors' calendars are filled in one run. */
const filledDoctorsMax = 1_000

/** Maintenance. Bookings are correct even if no job ever runs. */
export const jobs: readonly Job[] = [
  {
    name: 'sweep',
    schedule: '* * * * *',
    counts: 'lapsed holds expired',
    work: ({ pool }, signal) => expireHolds(pool, signal),
  },
  {
    name: 'messages',
    schedule: '* * * * *',
    counts: 'messages sent, kept, skipped or given up',
    work: ({ pool, sender, onMessage, log }, signal) =>
      sender === undefined
        ? Promise.resolve(0)
        : sendDueMessages({ pool, sender, onMessage, log }, { signal, runMsMax: runMsMax.messages }),
  },
  {
    name: 'webhooks',
    schedule: '* * * * *',
    counts: 'attempts to deliver events to webhooks',
    async work({ pool, webhooks, log }, signal) {
      await planReplays(pool, signal)
      return webhooks === undefined
        ? 0
        : sendDueDeliveries({ ...webhooks, pool, log }, { signal, runMsMax: runMsMax.webhooks })
    },
  },
  {
    name: 'calendars',
    schedule: '* * * * *',
    counts: 'external calendars of doctors read, and clinics whose closures were applied',
    work: applyAndRead,
  },
  {
    name: 'working-hours',
    schedule: '* * * * *',
    counts: 'calendars of doctors filled by their working hours',
    work: ({ pool, log }, signal) =>
      fillDueDoctors(pool, {
        limit: filledDoctorsMax,
        signal,
        msMax: runMsMax.workingHours,
        onError: (error, doctor) =>
          log.warn(
            { err: error, doctorId: doctor.doctorId },
            'the calendar of a doctor could not be filled by the working hours',
          ),
      }),
  },
  {
    name: 'security-log',
    schedule: '* * * * *',
    counts: 'events of the security log sealed',
    // What is not sealed can be changed without a trace.
    isSeparate: true,
    async work({ pool, anchors = [] }, signal) {
      const sealed = await sealAuditEvents(pool, signal)
      await anchorAuditEvents(pool, anchors)
      return sealed
    },
  },
  {
    name: 'old-holds',
    schedule: '47 3 * * *',
    counts: 'holds expired that were created more than a day ago',
    work: ({ pool }, signal) => expireHoldsOfAllMonths(pool, signal),
  },
  {
    name: 'partitions',
    schedule: '17 3 * * *',
    counts: 'partitions created',
    work: createPartitions,
  },
  {
    name: 'retention',
    schedule: '27 * * * *',
    counts:
      'old idempotency keys, stored responses, directory changes, messages, e-mails to accounts, deliveries of ' +
      'webhooks, sessions, links of accounts and security events deleted, and entries of waitlists ended',
    work: purge,
  },
  {
    name: 'erasures',
    schedule: '37 * * * *',
    counts: 'patients erased after the time of their clinic',
    async work({ pool }, signal) {
      await finishErasures(pool, signal)
      return eraseOutdated(pool, signal)
    },
  },
]

/** @throws what the closures failed with, after the calendars: these become stale when they are not read */
async function applyAndRead({ pool, calendars, log }: JobDeps, signal?: AbortSignal): Promise<number> {
  const onError = (error: unknown, { clinicNo }: { clinicNo: number }) =>
    log.warn({ err: error, clinicNo }, 'the closures of a clinic could not be applied')
  const due = { limit: closuresMax, signal, msMax: runMsMax.closures, onError }
  const [closures] = await Promise.allSettled([applyDueClosures(pool, due)])
  const read = calendars === undefined ? 0 : await readDueCalendars({ ...calendars, pool, log }, signal)
  if (closures.status === 'rejected') throw closures.reason
  return closures.value + read
}

async function createPartitions({ pool }: JobDeps): Promise<number> {
  return (await ensurePartitions(pool)).length
}

async function purge(
  { pool, auditMonths, sender, storeExpiredMail: storeMail = null }: JobDeps,
  signal?: AbortSignal,
): Promise<number> {
  if (sender !== undefined) await endFailuresOf(pool, channelsOff(sender))
  const outdated = (await purgeOutdated(pool, signal)) + (await purgeAuditEvents(pool, auditMonths, signal))
  const ended = (await endWaitlistEntries(pool, { signal, storeMail })) + (await deleteExpiredAccountMails(pool))
  return outdated + ended + (await deleteExpiredOfAccounts(pool, signal))
}

/** The channels that this process, which sends messages, has not. */
function channelsOff({ mailer, sms }: MessageSender): MessageChannel[] {
  return [...(mailer === null ? (['email'] as const) : []), ...(sms === null ? (['sms'] as const) : [])]
}

/** Sessions, links that change or confirm an address, and links for new passwords, challenges and counts of mails. */
const expiring = [sql`auth.session`, sql`auth."emailLink"`, sql`auth.verification`]

async function deleteExpiredOfAccounts(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let deleted = 0
  for (const table of expiring) {
    const statement = sql`
      delete from ${table} where id in (
        select id from ${table} where "expiresAt" < now() limit ${batchSize} for update skip locked)`
    deleted += await repeatUntilFewer(batchSize, async () => (await pool.query(statement)).rowCount ?? 0, signal)
  }
  return deleted
}

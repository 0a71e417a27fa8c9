import { messageChannels } from '@holdfast/vocabulary'
import type pg from 'pg'
import { openAuditAnchors } from '../../audit/audit-anchors.ts'
import { type OpenBroker, openBroker } from '../../broker/start-broker.ts'
import type { Config } from '../../config/config.ts'
import { type JobDeps, jobs } from '../../jobs/jobs.ts'
import { type RunningJobs, startJobs } from '../../jobs/run-jobs.ts'
import { recordedWork, WorkRecords } from '../../jobs/work-records.ts'
import { createAccountMails } from '../../messages/account-mails/account-mails.ts'
import { storeExpiredMail } from '../../messages/account-mails/store-ended-mail.ts'
import type { MessageSender } from '../../messages/patient-messages/message-sender.ts'
import { startMessages } from '../../messages/patient-messages/start-messages.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import type { Tracing } from '../../observe/tracing.ts'
import type { RelayMetrics } from '../../relay/start-relay.ts'
import { startWebhooks } from '../../webhooks/start-webhooks.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { sendStoredAccountMails } from './account-mails.ts'
import { createBusyCalendarReader } from './busy-calendar-reader.ts'
import { createMessageSender, type OpenMailer, siteOf } from './message-sender.ts'
import { createWebhookDeps } from './webhook-sender.ts'

/** How long mails that are being sent may take after the stop: containers are killed ten seconds after the signal. */
const sendingMsMax = 4_000

type JobServicesDeps = {
  secrets: readonly string[]
  /** The pool of the application role to the database that has the accounts. */
  accounts: pg.Pool
  opened: OpenMailer
  log: Logger
  metrics?: JobMetrics | undefined
  /** Absent or null: nothing is traced. */
  tracing?: Tracing | null | undefined
}

export type JobMetrics = RelayMetrics &
  Pick<Metrics, 'jobsKnown' | 'jobDone' | 'queuesKnown' | 'eventFailed' | 'channelsKnown' | 'messageDone'>

/** What the jobs of all shards of a process use. */
export type JobServices = JobServicesDeps & {
  config: Config
  sender: MessageSender
  /** null: there is no broker. */
  broker: OpenBroker | null
  /** Stops these jobs, and the services. It interrupts mails that the mail server does not let end. */
  stop(jobs: readonly RunningJobs[]): Promise<void>
}

/** @param deps.opened is closed by `stop`, if a mail server does not let the jobs end; else by the caller after it */
export function openJobServices(config: Config, deps: JobServicesDeps): JobServices {
  const { secrets, accounts, opened, log } = deps
  const { amqpUrl: url, amqpQueues } = config
  const records = new WorkRecords(accounts, log)
  const metrics = deps.metrics && recordedWork(deps.metrics, records)
  const broker = url === null ? null : openBroker({ url, queues: amqpQueues ?? [], log, metrics })
  return {
    ...deps,
    config,
    sender: createMessageSender(config, secrets, opened, accounts),
    broker,
    async stop(jobs) {
      // What this interrupts is recorded as after a crash: it may have been sent.
      const interrupting = setTimeout(() => opened.mailer?.close(), sendingMsMax)
      try {
        await Promise.all([...jobs.map((one) => one.stop()), broker?.stop()])
        await records.stop()
      } finally {
        clearTimeout(interrupting)
      }
    },
  }
}

/**
 * Starts the jobs of a database, and what is sent by the same process: mails to accounts; and of clinics, messages,
 * webhooks and, with AMQP_URL, events to RabbitMQ.
 */
export async function startJobsOf(services: JobServices, database: JobDatabase): Promise<RunningJobs> {
  const { pools, shard } = database
  const records = new WorkRecords(pools.jobs, services.log)
  const ofDatabase = servicesOf(services, shard, records)
  const { config, secrets, sender, broker, opened, log, metrics, tracing } = ofDatabase
  const mails = createAccountMails({ secrets, pool: pools.messages, isAvailable: opened.mailer !== null })
  // Where the accounts are in the same database, they are read in the transaction.
  const accounts = shard === null ? undefined : services.accounts
  const webhooks = createWebhookDeps(config, { secrets, accounts, pool: pools.webhooks, mails, log, tracing })
  const calendars = createBusyCalendarReader(config, { secrets, accounts, mails })
  const storeExpired = storeExpiredMail(mails, createRecipientDigests(secrets))
  const sending = { sender, webhooks, calendars, storeExpiredMail: storeExpired }
  const jobs = await startQueue(ofDatabase, database, sending)
  const running = together([
    jobs,
    startMessages({ pool: pools.messages, sender, log, metrics }),
    startWebhooks(webhooks, metrics),
    sendMailsOf(ofDatabase, pools.messages),
    broker?.publish({ pool: pools.broker, source: siteOf(config), tracing, log, metrics }),
  ])
  return {
    async stop() {
      await running.stop()
      await records.stop()
    },
  }
}

function servicesOf(services: JobServices, shard: string | null, records: WorkRecords): JobServices {
  const { log } = services
  const metrics = services.metrics && recordedWork(services.metrics, records)
  if (shard === null) return { ...services, metrics }
  return {
    ...services,
    log: log.child({ shard }),
    metrics: metrics && { ...metrics, relayWaiting: (waiting) => metrics.relayWaiting({ ...waiting, shard }) },
  }
}

type Sending = Pick<JobDeps, 'sender' | 'webhooks' | 'calendars' | 'storeExpiredMail'>

function startQueue(services: JobServices, { pools }: JobDatabase, sending: Sending): Promise<RunningJobs> {
  const { config, secrets, log, metrics } = services
  const { auditMonths } = config
  const anchors = openAuditAnchors(config, secrets)
  metrics?.jobsKnown(jobs.map(({ name }) => name))
  metrics?.channelsKnown(messageChannels)
  const queue = { pool: pools.jobs, log, onMessage: metrics?.messageDone }
  return startJobs({ ...queue, ...sending, auditMonths, anchors, onDone: (done) => metrics?.jobDone(done) })
}

function sendMailsOf({ opened, accounts, secrets, sender, log }: JobServices, pool: pg.Pool): RunningJobs | null {
  return sendStoredAccountMails(opened, { pool, accounts, secrets, pages: sender.links, log })
}

function together(all: readonly (RunningJobs | null | undefined)[]): RunningJobs {
  return {
    async stop() {
      await Promise.all(all.map((one) => one?.stop()))
    },
  }
}

import { schemaOf } from '@holdfast/engine/database-url'
import type pg from 'pg'
import { type OpenBroker, openBroker } from '../../broker/start-broker.ts'
import type { Config } from '../../config/config.ts'
import type { JobDeps, JobPart } from '../../jobs/jobs.ts'
import { jobsSchemaOf } from '../../jobs/jobs-schema.ts'
import { type RunningJobs, startJobs } from '../../jobs/run-jobs.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import { storeExpiredMail } from '../../messages/account-mails/store-ended-mail.ts'
import type { MessageSender } from '../../messages/patient-messages/message-sender.ts'
import { startMessages } from '../../messages/patient-messages/start-messages.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import type { RelayMetrics } from '../../relay/start-relay.ts'
import { startWebhooks } from '../../webhooks/start-webhooks.ts'
import type { DatabaseUrls, JobPools } from '../pools/job-pools.ts'
import { sendStoredAccountMails } from './account-mails.ts'
import { createBusyCalendarReader } from './busy-calendar-reader.ts'
import { createMessageSender, type OpenMailer, siteOf } from './message-sender.ts'
import { createWebhookDeps } from './webhook-sender.ts'

/** How long mails that are being sent may take after the stop: containers are killed ten seconds after the signal. */
const sendingMsMax = 4_000

/** `mails`: those that this database stores. */
type JobDatabase = { pools: JobPools; mails: AccountMails } & Pick<DatabaseUrls, 'sessionUrl'>

type JobServicesDeps = {
  secrets: readonly string[]
  /** Of the application role, to the database that has the accounts: on Citus, the coordinator. */
  accounts: pg.Pool
  opened: OpenMailer
  log: Logger
  metrics?: JobMetrics | undefined
}

export type JobMetrics = Pick<Metrics, 'jobDone' | 'eventFailed'> & RelayMetrics

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
  const { secrets, accounts, opened, log, metrics } = deps
  const { amqpUrl: url, amqpQueues } = config
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
      } finally {
        clearTimeout(interrupting)
      }
    },
  }
}

/**
 * Starts the jobs, and the messages and webhooks, which are planned and sent by the same process: the server or a
 * worker; the mails to accounts; and, with AMQP_URL, the publishing of events to RabbitMQ. `opened` is closed after
 * them, or before, if a mail server does not let them end.
 */
export async function startAllJobs(
  config: Config,
  deps: JobDatabase & Omit<JobServicesDeps, 'accounts'>,
): Promise<RunningJobs> {
  const services = openJobServices(config, { ...deps, accounts: deps.pools.messages })
  const jobs = await startJobsIn(services, deps, ['shard', 'coordinator'])
  return { stop: () => services.stop([jobs]) }
}

/** Starts the jobs of a shard of a database on Citus: what concerns its clinics. */
export async function startJobsOfShard(services: JobServices, shard: JobDatabase): Promise<RunningJobs> {
  const { log, metrics } = services
  const schema = schemaOf(shard.sessionUrl)
  const ofShard = {
    log: log.child({ shard: schema }),
    metrics: metrics && { ...metrics, relayWaiting: (waiting) => metrics.relayWaiting({ ...waiting, shard: schema }) },
  } satisfies Partial<JobServices>
  return startJobsIn({ ...services, ...ofShard }, shard, ['shard'])
}

/** Starts the jobs of the coordinator: what concerns accounts, and what is done once for all shards. */
export async function startJobsOfCoordinator(
  services: JobServices,
  coordinator: Pick<JobDatabase, 'sessionUrl'> & { pools: Pick<JobPools, 'jobs' | 'messages'> },
): Promise<RunningJobs> {
  const { pools, sessionUrl } = coordinator
  const jobs = await startQueue(services, { pool: pools.jobs, sessionUrl }, ['coordinator'])
  return together([jobs, sendMailsOf(services, pools.messages)])
}

async function startJobsIn(
  services: JobServices,
  database: JobDatabase,
  parts: readonly JobPart[],
): Promise<RunningJobs> {
  const { config, secrets, sender, broker, log, metrics } = services
  const { pools, mails, sessionUrl } = database
  // Where the accounts are in the same database, they are read in the transaction.
  const accounts = parts.includes('coordinator') ? undefined : services.accounts
  const webhooks = createWebhookDeps(config, { secrets, accounts, pool: pools.webhooks, mails, log })
  const calendars = createBusyCalendarReader(config, { secrets, accounts, mails })
  const storeExpired = storeExpiredMail(mails, createRecipientDigests(secrets))
  const sending = { sender, webhooks, calendars, storeExpiredMail: storeExpired }
  const jobs = await startQueue(services, { pool: pools.jobs, sessionUrl, ...sending }, parts)
  return together([
    jobs,
    startMessages({ pool: pools.messages, sender, log, metrics }),
    startWebhooks(webhooks, metrics),
    sendMailsOf(services, pools.messages),
    broker?.publish({ pool: pools.broker, source: siteOf(config), log, metrics }),
  ])
}

type QueueDeps = Omit<JobDeps, 'auditMonths' | 'log'> & Pick<DatabaseUrls, 'sessionUrl'>

function startQueue(services: JobServices, queue: QueueDeps, parts: readonly JobPart[]): Promise<RunningJobs> {
  const { config, log, metrics } = services
  const { sessionUrl, ...deps } = queue
  const schema = jobsSchemaOf(sessionUrl)
  const { auditMonths } = config
  return startJobs({ ...deps, auditMonths, parts, schema, log, onDone: (done) => metrics?.jobDone(done) })
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

import { createPool, type DatabasePool } from '@holdfast/engine'
import { type BrokerDeps, type RunningBroker, startBroker } from '../broker/start-broker.ts'
import type { Config } from '../config/config.ts'
import { type RunningJobs, startJobs } from '../jobs/run-jobs.ts'
import type { AccountMails } from '../messages/account-mails/account-mails.ts'
import { storeExpiredMail } from '../messages/account-mails/store-ended-mail.ts'
import { startMessages } from '../messages/patient-messages/start-messages.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { RelayMetrics } from '../relay/start-relay.ts'
import { startWebhooks } from '../webhooks/start-webhooks.ts'
import { sendStoredAccountMails } from './account-mails.ts'
import { createBusyCalendarReader } from './busy-calendar-reader.ts'
import { jobConnections } from './database-connections.ts'
import { createMessageSender, type OpenMailer, siteOf } from './message-sender.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { createWebhookDeps } from './webhook-sender.ts'

export type JobPools = Record<'jobs' | 'messages' | 'webhooks' | 'broker', DatabasePool>

/** Jobs work in small transactions. */
const jobQueryMsMax = 30_000
/** How long mails that are being sent may take after the stop: containers are killed ten seconds after the signal. */
const sendingMsMax = 4_000

export type DatabaseUrls = Pick<PreparedDatabase, 'appUrl' | 'sessionUrl'>

/** The connections of {@link startAllJobs}. */
export function openJobPools(urls: DatabaseUrls, onIdleError: (error: Error) => void): JobPools {
  const open = (name: keyof JobPools, url = urls.appUrl) =>
    createPool({
      url,
      name: `holdfast ${name}`,
      max: jobConnections[name],
      queryTimeoutMs: jobQueryMsMax,
      onIdleError,
    })
  return {
    // The queue is notified of new jobs.
    jobs: open('jobs', urls.sessionUrl),
    messages: open('messages'),
    webhooks: open('webhooks'),
    broker: open('broker'),
  }
}

/**
 * Starts the jobs, and the messages and webhooks, which are planned and sent by the same process: the server or a
 * worker; the mails to accounts; and, with AMQP_URL, the publishing of events to RabbitMQ. `opened` is closed after
 * them, or before, if a mail server does not let them end.
 */
export async function startAllJobs(
  config: Config,
  deps: {
    secrets: readonly string[]
    pools: JobPools
    opened: OpenMailer
    mails: AccountMails
    log: Logger
    metrics?: Pick<Metrics, 'jobDone' | 'eventFailed'> & RelayMetrics
  },
): Promise<RunningJobs> {
  const { secrets, pools, opened, mails, log, metrics } = deps
  const sender = createMessageSender(config, secrets, opened)
  const webhookDeps = createWebhookDeps(config, { secrets, pool: pools.webhooks, mails, log })
  const { auditMonths } = config
  const calendars = createBusyCalendarReader(config, { secrets, mails })
  const jobDeps = {
    pool: pools.jobs,
    auditMonths,
    sender,
    webhooks: webhookDeps,
    calendars,
    storeExpiredMail: storeExpiredMail(mails, createRecipientDigests(secrets)),
    log,
  }
  const jobs = await startJobs({ ...jobDeps, onDone: (done) => metrics?.jobDone(done) })
  const messages = startMessages({ pool: pools.messages, sender, log, metrics })
  const webhooks = startWebhooks(webhookDeps, metrics)
  const accountMails = sendStoredAccountMails(opened, {
    pool: pools.messages,
    secrets,
    pages: sender.links,
    log,
  })
  const broker = startBrokerOf(config, { pool: pools.broker, log, metrics })
  return {
    async stop() {
      // What this interrupts is recorded as after a crash: it may have been sent.
      const interrupting = setTimeout(() => opened.mailer?.close(), sendingMsMax)
      try {
        await Promise.all([jobs.stop(), messages.stop(), accountMails?.stop(), webhooks.stop(), broker?.stop()])
      } finally {
        clearTimeout(interrupting)
      }
    },
  }
}

/** null: there is no broker. */
function startBrokerOf(config: Config, deps: Pick<BrokerDeps, 'pool' | 'log' | 'metrics'>): RunningBroker | null {
  const { amqpUrl: url, amqpQueues } = config
  return url === null ? null : startBroker({ ...deps, url, queues: amqpQueues ?? [], source: siteOf(config) })
}

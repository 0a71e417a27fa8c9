import { checkLogIsOfServer, isConnectionLost } from '@holdfast/engine'
import type pg from 'pg'
import type { OpenAccounts } from '../../accounts/open-accounts.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import type { Config } from '../../config/config.ts'
import type { RateLimits } from '../../edge/rate-limits/rate-limits.ts'
import { startPassingOnPlaces } from '../../jobs/pass-on-places.ts'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { retryUntilStopped } from '../../lifecycle/retry-until-stopped.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import type { DatabaseUrls, JobPools } from '../pools/job-pools.ts'
import type { Common, OpenShards } from '../shards/shards.ts'
import { processAccountRequests, processRequestsOfShard } from './account-mails.ts'
import {
  type JobMetrics,
  openJobServices,
  startAllJobs,
  startJobsOfCoordinator,
  startJobsOfShard,
} from './compose-jobs.ts'
import type { OpenMailer } from './message-sender.ts'

/** What the jobs need of a database or a shard. `isReached`: false when the node of a shard is away at the start. */
export type JobShard = { urls: DatabaseUrls; pools: JobPools; mails: AccountMails; isReached: boolean }

/** `coordinator`: of the database that has the accounts; null: it is the only shard. */
export type JobShards = { all: readonly JobShard[]; coordinator: Pick<JobShard, 'urls' | 'pools'> | null }

/** Between two attempts to reach a shard whose node was away at the start. */
const reachMs = 2_000

type JobDeps = { secrets: readonly string[]; opened: OpenMailer; log: Logger; metrics?: JobMetrics }

/** Starts the jobs of all shards, and on Citus those of the coordinator. */
export async function startJobsOfShards(config: Config, shards: JobShards, deps: JobDeps): Promise<RunningJobs> {
  const { all, coordinator } = shards
  if (coordinator === null) {
    const [shard] = all
    if (shard === undefined) throw new Error('There is no shard.')
    return startAllJobs(config, { ...deps, ...shard.urls, pools: shard.pools, mails: shard.mails })
  }
  const services = openJobServices(config, { ...deps, accounts: coordinator.pools.messages })
  const running = [await startJobsOfCoordinator(services, { ...coordinator.urls, pools: coordinator.pools })]
  for (const { urls, pools, mails, isReached } of all) {
    const start = () => startJobsOfShard(services, { ...urls, pools, mails })
    running.push(isReached ? await start() : startWhenReached(start, pools.jobs, deps.log))
  }
  return { stop: () => services.stop(running) }
}

/** Starts jobs once their database is reached, and its log is of the server that it is on. */
function startWhenReached(start: () => Promise<RunningJobs>, pool: pg.Pool, log: Logger): RunningJobs {
  const stopping = new AbortController()
  const { signal } = stopping
  let attempt: Promise<RunningJobs | null> = Promise.resolve(null)
  let lastMessage = ''
  const onFailure = (error: unknown) => {
    const message = String(error)
    if (!isConnectionLost(error) && message !== lastMessage)
      log.warn({ err: error }, 'the jobs of a shard cannot start')
    lastMessage = message
  }
  const started = retryUntilStopped(
    async () => {
      await checkLogIsOfServer(pool)
      if (signal.aborted) return
      attempt = start()
      await attempt
    },
    { delayMs: reachMs, signal, onFailure },
  )
  return {
    async stop() {
      stopping.abort()
      await started
      const running = await attempt.catch(() => null)
      await running?.stop()
    },
  }
}

type RequestDeps = {
  database: PreparedDatabase
  accounts: OpenAccounts
  audit: Pick<AuditRecorder, 'record'>
  mailsOf(shard: { pools: { general: pg.Pool } }): AccountMails
  app: { rateLimits: RateLimits }
  log: Logger
}

/** Starts what every server does: it passes on lapsed places, and processes requests for mails. */
export function startWorkOfServer(shards: OpenShards, deps: RequestDeps): RunningJobs[] {
  const { database, accounts, audit, mailsOf, app, log } = deps
  const { secrets } = database
  const requestsOf = ({ engine, pools }: Pick<Common, 'engine' | 'pools'>) => ({
    ...{ engine, pools, secrets, app, log },
    mails: mailsOf({ pools }),
  })
  return [
    ...shards.all.map(({ pools }) => startPassingOnPlaces({ pool: pools.general, log })),
    ...processAccountRequests({ ...requestsOf(shards.common), accounts, audit }),
    ...(shards.coordinator === null ? [] : shards.all.flatMap((shard) => processRequestsOfShard(requestsOf(shard)))),
  ]
}

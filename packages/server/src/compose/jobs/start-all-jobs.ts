import { checkLogIsOfServer, isConnectionLost } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import type pg from 'pg'
import type { Config } from '../../config/config.ts'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { retryUntilStopped } from '../../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Tracing } from '../../observe/tracing.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { type JobMetrics, openJobServices, startJobsOf } from './jobs-of-database.ts'
import type { OpenMailer } from './message-sender.ts'

/** The pause between two attempts to reach a shard. */
const retryMs = 2_000

type StartDeps = {
  secrets: readonly string[]
  opened: OpenMailer
  log: Logger
  metrics?: JobMetrics
  tracing?: Tracing | null
}

/**
 * Starts the jobs of all databases; those of a shard as soon as it is reached, so that none keeps the others
 * from starting. The caller closes `opened` after `stop`, which closes it itself only to interrupt mails that the mail
 * server does not let end.
 *
 * @throws the driver's error when the only database, or the directory, is not reached; nothing is left running
 */
export async function startAllJobs(
  config: Config,
  databases: readonly JobDatabase[],
  deps: StartDeps,
): Promise<RunningJobs> {
  const accounts = databases.find(({ shard }) => shard === null)?.pools.messages
  if (accounts === undefined) throw new Error('No database has the accounts.')
  const services = openJobServices(config, { ...deps, accounts })
  const running: RunningJobs[] = []
  try {
    for (const database of databases) {
      const { shard, pools } = database
      const start = () => startJobsOf(services, database)
      running.push(shard === null ? await start() : startWhenReached(start, pools.jobs, deps.log.child({ shard })))
    }
  } catch (error) {
    await services.stop(running)
    throw error
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
    const message = messageOf(error)
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
    { delayMs: retryMs, signal, onFailure },
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

import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Logger as JobLogger, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../logger.ts'
import { type Job, jobs } from './jobs.ts'

/** Look-ups that fail in a row (one each two seconds) before the queue is begun anew. */
const failuresMax = 3
const beginAgainMs = 2_000

export type JobsDeps = {
  /** Of the application role, with at least 3 connections. */
  pool: pg.Pool
  log: Logger
  onDone?: (run: { name: string; count: number; failed: boolean }) => void
}

export type RunningJobs = {
  /** Finishes the job at hand and stops. */
  stop(): Promise<void>
}

/** Runs every job once, now, one after the other. @returns what each one counted */
export async function runJobsOnce(deps: JobsDeps): Promise<Record<Job['name'], number>> {
  const counts = { sweep: 0, partitions: 0, retention: 0 }
  for (const job of jobs) counts[job.name] = await runJob(job, deps)
  return counts
}

/**
 * Runs every job on its schedule until stopped, and once at the start. The schedule is kept in the database: of any
 * number of workers each run happens in one.
 */
export async function startJobs(deps: JobsDeps): Promise<RunningJobs> {
  // graphile-worker asks for it: a connection lost while it is out of the pool must not end the process.
  deps.pool.on('connect', (client) => client.on('error', () => undefined))
  const queue = await startQueue(deps)
  // Failures were logged; the schedule tries again.
  const first = runJobsOnce(deps).catch(() => undefined)
  return {
    async stop() {
      await first
      await queue.stop()
    },
  }
}

/** The queue's runner; begun anew when it cannot get at its jobs any more. */
async function startQueue(deps: JobsDeps): Promise<RunningJobs> {
  const stopping = new AbortController()
  let runner = await beginRunner(deps, onLost)
  let beginning: Promise<void> | null = null

  function onLost(): void {
    beginning ??= beginAgain().finally(() => {
      beginning = null
    })
  }

  async function beginAgain(): Promise<void> {
    deps.log.warn('the job queue cannot get at its jobs: it is begun anew')
    await runner.stop().catch(() => undefined)
    while (!stopping.signal.aborted) {
      try {
        runner = await beginRunner(deps, onLost)
        return
      } catch (error) {
        deps.log.warn({ err: error }, 'the job queue cannot begin')
        await delay(beginAgainMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  return {
    async stop() {
      stopping.abort()
      await beginning
      await runner.stop().catch(() => undefined)
    },
  }
}

async function beginRunner(deps: JobsDeps, onLost: () => void): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    jobs.map((job) => [job.name, (_payload, helpers) => runJob(job, deps, helpers.abortSignal).then(() => undefined)]),
  )
  const cron = jobs.map((job) => ({
    task: job.name,
    match: job.schedule,
    identifier: job.name,
    // One waiting run at a time, however long nobody came to do it.
    options: { backfillPeriod: 0, maxAttempts: 3, jobKey: job.name, jobKeyMode: 'replace' as const },
  }))
  const runner = await run({
    pgPool: deps.pool,
    schema: 'graphile_worker',
    concurrency: 1,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(cron),
    events: failureCounter(onLost),
    logger: new JobLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') deps.log.warn({ detail: message.slice(0, 200) }, 'job queue')
    }),
  })
  runner.promise.catch((error: unknown) => deps.log.error({ err: error }, 'the job queue stopped'))
  return runner
}

/**
 * Counts look-ups of jobs that fail in a row. graphile-worker (0.18) keeps the failed promise of its first look-up: when the
 * database goes away in that moment, it fails with the same error for ever.
 */
function failureCounter(onLost: () => void): EventEmitter {
  const events = new EventEmitter()
  let failures = 0
  events.on('worker:getJob:error', () => {
    failures += 1
    if (failures === failuresMax) onLost()
  })
  events.on('worker:getJob:empty', () => {
    failures = 0
  })
  return events
}

async function runJob(job: Job, deps: JobsDeps, signal?: AbortSignal): Promise<number> {
  const startedAt = performance.now()
  try {
    const count = await job.run(deps.pool, signal)
    const ms = Math.round(performance.now() - startedAt)
    deps.log[count > 0 ? 'info' : 'debug']({ job: job.name, count, ms }, job.counts)
    deps.onDone?.({ name: job.name, count, failed: false })
    return count
  } catch (error) {
    deps.log.error({ err: error, job: job.name }, 'job failed')
    deps.onDone?.({ name: job.name, count: 0, failed: true })
    throw error
  }
}

import { Logger as JobLogger, parseCronItems, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../logger.ts'
import { type Job, jobs } from './jobs.ts'

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
  // graphile-worker asks for it: a connection lost while it is out of the pool must not end the process.
  deps.pool.on('connect', (client) => client.on('error', () => undefined))
  const runner = await run({
    pgPool: deps.pool,
    schema: 'graphile_worker',
    concurrency: 1,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(cron),
    logger: new JobLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') deps.log.warn({ detail: message.slice(0, 200) }, 'job queue')
    }),
  })
  runner.promise.catch((error: unknown) => deps.log.error({ err: error }, 'the job queue stopped'))
  // Failures were logged; the schedule tries again.
  const first = runJobsOnce(deps).catch(() => undefined)
  return {
    async stop() {
      await first
      await runner.stop()
    },
  }
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

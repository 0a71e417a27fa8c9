import { EventEmitter, once } from 'node:events'
import { Logger as JobLogger, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker'
import pTimeout from 'p-timeout'
import type pg from 'pg'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import { type Job, type JobDeps, jobs } from './jobs.ts'
import { jobsSchema } from './jobs-schema.ts'

/** Consecutive failed look-ups of jobs (one every two seconds) after which the queue is restarted. */
const failuresMax = 3
const restartMs = 2_000
/**
 * The longest wait for a runner to stop: longer than the timeout of a connection (10 s), and than the time after which
 * graphile-worker aborts running jobs (5 s). After failures, its schedule would take up to a minute to stop.
 */
const stopMsMax = 20_000

/**
 * graphile-worker 0.18 does not wait for the result of a job to be stored. Without batches, a failure of that would be
 * an unhandled rejection, which ends the process. With them, it is the event `pool:fatalError`.
 */
const storeResults = { completeJobBatchDelay: 0, failJobBatchDelay: 0 }

/**
 * `pool`: of the application role, with at least 5 connections: two runners, each of which listens, runs a job and
 * looks for jobs, of which the last two rarely coincide. `auditMonths`: after how many months events of the
 * security log are deleted.
 */
export type JobsDeps = JobDeps & {
  onDone?: (run: { name: string; count: number; failed: boolean }) => void
}

export type RunningJobs = {
  /** Finishes the running job and stops. */
  stop(): Promise<void>
}

/** The jobs that wait for each other, and each of those that do not wait for any. */
const queues: readonly (readonly Job[])[] = [
  jobs.filter((job) => !job.isSeparate),
  ...jobs.filter((job) => job.isSeparate).map((job) => [job]),
]

/** Runs every job once, in sequence. @returns each job's count */
export async function runJobsOnce(deps: JobsDeps): Promise<Record<Job['name'], number>> {
  return Object.fromEntries(await runOnce(jobs, deps)) as Record<Job['name'], number>
}

async function runOnce(some: readonly Job[], deps: JobsDeps): Promise<[Job['name'], number][]> {
  const counts: [Job['name'], number][] = []
  for (const job of some) counts.push([job.name, await runJob(job, deps)])
  return counts
}

/**
 * Runs every job once at the start and then on its schedule until stopped. The schedule is stored in the database: with
 * several workers, each run happens in only one of them.
 */
export async function startJobs(deps: JobsDeps): Promise<RunningJobs> {
  // graphile-worker requires this: a connection lost while it is checked out must not end the process.
  deps.pool.on('connect', ignoreErrors)
  const started: RunningJobs[] = []
  const stopQueues = () => Promise.all(started.map((queue) => queue.stop()))
  try {
    for (const queue of queues) started.push(await startQueue(queue, deps))
  } catch (error) {
    await stopQueues()
    deps.pool.off('connect', ignoreErrors)
    throw error
  }
  // Failures have been logged, and the schedule runs the job again.
  const first = Promise.allSettled(queues.map((queue) => runOnce(queue, deps)))
  return {
    async stop() {
      await pTimeout(first, { milliseconds: stopMsMax, message: false })
      await stopQueues()
    },
  }
}

function ignoreErrors(client: pg.PoolClient): void {
  client.on('error', () => undefined)
}

/** Starts the queue's runner, and starts another when it has stopped by itself or can no longer work. */
async function startQueue(queued: readonly Job[], deps: JobsDeps): Promise<RunningJobs> {
  const stopping = new AbortController()
  const { signal } = stopping
  const stopRequested = once(signal, 'abort')
  let queue = await startRunner(queued, deps)
  const ended = keepRunning()

  async function keepRunning(): Promise<void> {
    const start = async () => {
      queue = await startRunner(queued, deps)
    }
    const onFailure = (error: unknown) => deps.log.warn({ err: error }, 'the job queue could not start')
    for (;;) {
      await Promise.race([queue.lost, stopRequested])
      await queue.stop()
      if (signal.aborted) return
      deps.log.warn('the job queue has stopped or cannot read its jobs, and is restarted')
      await retryUntilStopped(start, { delayMs: restartMs, signal, onFailure })
    }
  }

  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

type Queue = RunningJobs & {
  /** Resolves when the runner has stopped, with or without `stop`, or can no longer work. */
  lost: Promise<void>
}

async function startRunner(queued: readonly Job[], deps: JobsDeps): Promise<Queue> {
  const taskList: TaskList = Object.fromEntries(
    queued.map((job) => [
      job.name,
      (_payload, helpers) => runJob(job, deps, helpers.abortSignal).then(() => undefined),
    ]),
  )
  const cron = queued.map((job) => ({
    task: job.name,
    match: job.schedule,
    identifier: job.name,
    // At most one run of each job waits, however long no worker was available.
    options: { backfillPeriod: 0, maxAttempts: 3, jobKey: job.name, jobKeyMode: 'replace' as const },
  }))
  const lost = Promise.withResolvers<void>()
  const runner = await run({
    pgPool: deps.pool,
    schema: jobsSchema,
    concurrency: 1,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(cron),
    preset: { worker: storeResults },
    events: lossEvents(lost.resolve),
    logger: new JobLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') deps.log.warn({ detail: message.slice(0, 200) }, 'job queue')
    }),
  })
  const stopped = runner.promise.catch((error: unknown) => deps.log.error({ err: error }, 'the job queue stopped'))
  void stopped.then(lost.resolve)
  let stopping: Promise<void> | null = null
  return {
    lost: lost.promise,
    stop() {
      stopping ??= stopRunner(runner, stopped, deps.log)
      return stopping
    },
  }
}

async function stopRunner(runner: Runner, stopped: Promise<void>, log: Logger): Promise<void> {
  // Rejects if the runner is already stopping by itself.
  const stop = runner.stop().catch(() => undefined)
  await pTimeout(Promise.all([stop, stopped]), {
    milliseconds: stopMsMax,
    fallback: () => log.warn('the job queue did not stop in time'),
  })
}

/**
 * Reports that the runner can no longer work:
 *
 * - After several consecutive failed look-ups of jobs. graphile-worker 0.18 caches the failed promise of its first
 *   look-up: if the database is unavailable at that moment, every later look-up fails with the same error.
 * - After a job's result could not be stored, for which graphile-worker stops the runner.
 */
function lossEvents(onLost: () => void): EventEmitter {
  const events = new EventEmitter()
  let failures = 0
  events.on('worker:getJob:error', () => {
    failures += 1
    if (failures === failuresMax) onLost()
  })
  events.on('worker:getJob:empty', () => {
    failures = 0
  })
  events.on('pool:fatalError', onLost)
  return events
}

async function runJob(job: Job, deps: JobsDeps, signal?: AbortSignal): Promise<number> {
  const startedAt = performance.now()
  try {
    const count = await job.work(deps, signal)
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

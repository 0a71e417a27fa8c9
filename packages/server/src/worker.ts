import { readRelease } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import { requireOwnSecret } from './audit/audit-anchors.ts'
import { requireBackupKey, startBackups } from './backups/start-backups.ts'
import { openDatabase } from './compose/database/open-database.ts'
import { openMailer } from './compose/jobs/message-sender.ts'
import { observeWorker } from './compose/jobs/observe-worker.ts'
import { openJobDatabases } from './compose/jobs/open-job-databases.ts'
import { startAllJobs } from './compose/jobs/start-all-jobs.ts'
import type { Config } from './config/config.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { startAgainIfCutOff } from './lifecycle/start-again.ts'
import { StartError } from './lifecycle/start-error.ts'
import { switchLevelBySignal } from './observe/log-level.ts'
import { createLogger, type Logger } from './observe/logger.ts'
import { openTracing } from './observe/tracing.ts'

export type WorkerOptions = {
  env: Record<string, string | undefined>
  say?: (line: string) => void
  log?: Logger
  /** Aborted: a start whose connection to the database broke is not repeated any more. */
  signal?: AbortSignal
}

/** `url`: of its probes and metrics, if HOLDFAST_WORKER_PORT is set. */
type StartedWorker = { url: string | null; stop(): Promise<void> }

/** The time for what the jobs have left in progress when the database hangs. */
const closeMs = 5_000

/**
 * Starts the process for background jobs (lapsed holds, partitions, retention, erasures, messages). Any number may run,
 * with any number of servers, with a PostgreSQL of your own: the embedded database has one server, which runs the jobs.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix
 */
export async function startWorker(options: WorkerOptions): Promise<StartedWorker> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  requireOwnDatabase(config)
  requireBackupKey(config)
  requireOwnSecret(config)
  const log = options.log ?? createLogger(config.logLevel)
  const endSwitching = switchLevelBySignal(log, config.logLevel)
  try {
    log.info({ release: await readRelease(), node: process.versions.node }, 'worker starts')
    const { env, signal } = options
    const worker = await startAgainIfCutOff({ log, signal }, () => startParts({ config, env, say, log }))
    const { url } = worker
    if (url !== null) say(`Its health and metrics are at ${url}/readyz and ${url}/metrics`)
    log.info({ url }, 'worker is ready')
    say('Holdfast runs its jobs.')
    return { ...worker, stop: () => stopWorker(worker, log).finally(endSwitching) }
  } catch (error) {
    endSwitching()
    throw error
  }
}

/** A worker that was started first would start the embedded database, and the server would wait for it without end. */
function requireOwnDatabase({ databaseUrl }: Config): void {
  if (databaseUrl !== null) return
  throw new StartError(
    'A worker needs a PostgreSQL of your own: set DATABASE_URL. With the embedded database, the server runs the jobs.',
  )
}

async function stopWorker(worker: StartedWorker, log: Logger): Promise<void> {
  log.info('worker stops')
  await worker.stop()
  log.info('worker has stopped')
}

/** Leaves nothing running if it fails. */
async function startParts(starting: Starting): Promise<StartedWorker> {
  const started = new AsyncDisposableStack()
  try {
    return { ...(await startAll(started, starting)), stop: () => started.disposeAsync() }
  } catch (error) {
    await started.disposeAsync()
    throw error
  }
}

type Starting = { config: Config; env: WorkerOptions['env']; say: (line: string) => void; log: Logger }

/** @param started gets how to stop each part, as soon as it runs */
async function startAll(
  started: AsyncDisposableStack,
  { config, env, say, log }: Starting,
): Promise<Pick<StartedWorker, 'url'>> {
  const database = await openDatabase(config, { share: true, say })
  started.defer(() => database.stop())
  const prepared = await database.prepare((line, level = 'info') => log[level](line))
  const backups = await startBackups({ config, env, database, log })
  started.defer(() => backups.stop())
  const { secrets } = prepared
  const databases = await openJobDatabases(prepared, log)
  started.defer(() => databases.close(closeMs))
  const observed = await observeWorker(config, databases.all, log)
  started.defer(() => observed.close())
  const opened = openMailer(config)
  started.defer(() => opened.mailer?.close())
  const { metrics } = observed
  const tracing = await openTracing(config, { log, registry: metrics.registry })
  started.defer(() => tracing?.stop())
  const jobs = await startAllJobs(config, databases.all, { secrets, opened, log, metrics, tracing })
  started.defer(() =>
    pTimeout(jobs.stop(), {
      milliseconds: config.shutdownSecondsMax * 1000,
      fallback: () => log.error('the jobs did not stop in time'),
    }),
  )
  started.defer(observed.onStop)
  return { url: observed.url }
}

/** `holdfast worker`: runs until a signal; `signal` is that of the command. @returns the process's exit code */
export function runWorker(options: WorkerOptions): Promise<number> {
  return runUntilSignal((signal) => startWorker({ ...options, signal }), { earlier: options.signal })
}

import pTimeout from 'p-timeout'
import { requireBackupKey, startBackups } from './backups/start-backups.ts'
import { openDatabase } from './compose/database/open-database.ts'
import { refuseBackupsOfShards } from './compose/database/refuse-backups-of-shards.ts'
import { openMailer } from './compose/jobs/message-sender.ts'
import { openJobDatabases } from './compose/jobs/open-job-databases.ts'
import { startAllJobs } from './compose/jobs/start-all-jobs.ts'
import type { Config } from './config/config.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { createLogger, type Logger } from './observe/logger.ts'

export { runJobsOnce } from './jobs/run-jobs.ts'

export type WorkerOptions = {
  env: Record<string, string | undefined>
  say?: (line: string) => void
  log?: Logger
}

/** `mustRestart`: see `runUntilSignal`. */
type StartedWorker = { mustRestart: Promise<Error> | null; stop(): Promise<void> }

/** For what the jobs have left in progress when the database hangs. */
const closeMs = 5_000

/**
 * Starts the process for background jobs (lapsed holds, partitions, retention, erasures, messages). Any number may run,
 * with any number of servers; with the embedded database, on the same machine as the server.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix
 */
export async function startWorker(options: WorkerOptions): Promise<StartedWorker> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  requireBackupKey(config)
  const log = options.log ?? createLogger(config.logLevel)
  const started = new AsyncDisposableStack()
  try {
    const { mustRestart } = await startAll(started, { config, env: options.env, say, log })
    say('Holdfast runs its jobs.')
    return { mustRestart, stop: () => started.disposeAsync() }
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
): Promise<Pick<StartedWorker, 'mustRestart'>> {
  const database = await openDatabase(config, { share: true, say })
  started.defer(() => database.stop())
  const prepared = await database.prepare((line) => log.info(line))
  refuseBackupsOfShards(config, prepared)
  const backups = await startBackups({ config, env, database, log })
  started.defer(() => backups.stop())
  const { secrets } = prepared
  const databases = await openJobDatabases(prepared, log)
  started.defer(() => databases.close(closeMs))
  const opened = openMailer(config)
  started.defer(() => opened.mailer?.close())
  const jobs = await startAllJobs(config, databases.all, { secrets, opened, log })
  started.defer(() =>
    pTimeout(jobs.stop(), {
      milliseconds: config.shutdownSecondsMax * 1000,
      fallback: () => log.error('the jobs did not stop in time'),
    }),
  )
  return databases
}

/** `holdfast worker`: runs until a signal; `signal` is that of the command. @returns the process's exit code */
export function runWorker(options: WorkerOptions & { signal?: AbortSignal }): Promise<number> {
  return runUntilSignal(() => startWorker(options), { earlier: options.signal })
}

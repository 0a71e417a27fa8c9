import { checkLogIsOfServer, createPool } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import { openDatabase } from './compose/open-database.ts'
import { type RunningJobs, startJobs } from './jobs/run-jobs.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { createLogger, type Logger } from './observe/logger.ts'

export { runJobsOnce } from './jobs/run-jobs.ts'

export type WorkerOptions = {
  env: Record<string, string | undefined>
  say?: (line: string) => void
  log?: Logger
}

const connections = 4
/** For what the jobs have left in progress when the database hangs. */
const closeMs = 5_000

/**
 * Starts the process for background jobs (sweep, partitions, retention). Any number may run, with any number of
 * servers; with the embedded database, on the same machine as the server.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix
 */
export async function startWorker(options: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  const log = options.log ?? createLogger(config.logLevel)
  const database = await openDatabase(config, { share: true, say })
  let jobs: RunningJobs | null = null
  try {
    const { appUrl } = await database.migrate((line) => log.info(line))
    const onIdleError = (error: Error) => log.warn({ err: error }, 'an idle database connection was lost')
    const pool = createPool({ url: appUrl, max: connections, name: 'holdfast worker', onIdleError })
    await checkLogIsOfServer(pool).catch(async (error: unknown) => {
      await pool.end()
      throw error
    })
    jobs = await startJobs({ pool, auditMonths: config.auditMonths, log })
    const started = jobs
    say('Holdfast runs its jobs.')
    return {
      async stop() {
        await pTimeout(started.stop(), {
          milliseconds: config.shutdownSecondsMax * 1000,
          fallback: () => log.error('the jobs did not stop in time'),
        })
        await pool.close(closeMs)
        await database.stop()
      },
    }
  } catch (error) {
    await database.stop()
    throw error
  }
}

/** `holdfast worker`: runs until a signal. @returns the process's exit code */
export function runWorker(options: WorkerOptions): Promise<number> {
  return runUntilSignal(() => startWorker(options))
}

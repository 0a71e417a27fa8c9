import { checkLogIsOfServer } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import { startBackups } from './backups/start-backups.ts'
import { openJobPools, startAllJobs } from './compose/compose-jobs.ts'
import { openMailer } from './compose/message-sender.ts'
import { openDatabase } from './compose/open-database.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { createAccountMails } from './messages/account-mails.ts'
import { createLogger, type Logger } from './observe/logger.ts'

export { runJobsOnce } from './jobs/run-jobs.ts'

export type WorkerOptions = {
  env: Record<string, string | undefined>
  say?: (line: string) => void
  log?: Logger
}

/** For what the jobs have left in progress when the database hangs. */
const closeMs = 5_000

/**
 * Starts the process for background jobs (lapsed holds, partitions, retention, erasures, messages). Any number may run,
 * with any number of servers; with the embedded database, on the same machine as the server.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix
 */
export async function startWorker(options: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  const log = options.log ?? createLogger(config.logLevel)
  const database = await openDatabase(config, { share: true, say })
  try {
    const { secrets, ...urls } = await database.prepare((line) => log.info(line))
    const onIdleError = (error: Error) => log.warn({ err: error }, 'an idle database connection was lost')
    const pools = openJobPools(urls, onIdleError)
    const closePools = () => Promise.all(Object.values(pools).map((pool) => pool.close(closeMs)))
    await checkLogIsOfServer(pools.jobs).catch(async (error: unknown) => {
      await closePools()
      throw error
    })
    const opened = openMailer(config)
    const mails = createAccountMails({ ...opened, log })
    const jobs = await startAllJobs(config, { secrets, pools, opened, mails, log })
    const backups = await startBackups({ config, env: options.env, database, log })
    say('Holdfast runs its jobs.')
    return {
      async stop() {
        await pTimeout(jobs.stop(), {
          milliseconds: config.shutdownSecondsMax * 1000,
          fallback: () => log.error('the jobs did not stop in time'),
        })
        await mails.stop()
        opened.mailer?.close()
        await closePools()
        await backups.stop()
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

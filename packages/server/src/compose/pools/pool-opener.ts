import { createPool, type DatabasePool, type PoolSettings } from '@holdfast/engine'
import { lockTimeoutLog } from '../../observe/lock-timeouts.ts'
import type { Logger } from '../../observe/logger.ts'
import type { DatabaseUrls } from './job-pools.ts'

export type OpenPool = (name: string, bounds: Pick<PoolSettings, 'max'> & Partial<PoolSettings>) => DatabasePool

/** Pools of the application's role. */
export function poolOpener({ appUrl }: DatabaseUrls, log: Logger): OpenPool {
  const onIdleError = onIdleErrorOf(log)
  const logLockTimeout = lockTimeoutLog(log)
  return (name, bounds) => {
    const pool = createPool({ url: appUrl, name: `holdfast ${name}`, onIdleError, ...bounds })
    pool.onLockTimeout = () => logLockTimeout(pool)
    return pool
  }
}

export function onIdleErrorOf(log: Logger): (error: Error) => void {
  return (error) => log.warn({ err: error }, 'an idle database connection was lost')
}

import { createPool, type DatabasePool, type PoolSettings } from '@holdfast/engine'
import type { Logger } from '../../observe/logger.ts'
import type { DatabaseUrls } from './job-pools.ts'

export type OpenPool = (name: string, bounds: Pick<PoolSettings, 'max'> & Partial<PoolSettings>) => DatabasePool

/** Pools of the application's role. */
export function poolOpener({ appUrl }: DatabaseUrls, log: Logger): OpenPool {
  const onIdleError = onIdleErrorOf(log)
  return (name, bounds) => createPool({ url: appUrl, name: `holdfast ${name}`, onIdleError, ...bounds })
}

export function onIdleErrorOf(log: Logger): (error: Error) => void {
  return (error) => log.warn({ err: error }, 'an idle database connection was lost')
}

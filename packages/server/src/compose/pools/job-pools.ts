import { createPool, type DatabasePool } from '@holdfast/engine'
import { jobConnections } from './database-connections.ts'

export type JobPools = Record<'jobs' | 'messages' | 'webhooks' | 'broker', DatabasePool>

/** Jobs work in small transactions. */
const jobQueryMsMax = 30_000

export type DatabaseUrls = {
  /** The URL of the application role, which the server and the worker log in as; marked if it is a pooler's. */
  appUrl: string
  /** The same without a pooler, or with one that gives each client a session: for notifications and the job queue. */
  sessionUrl: string
}

/** The connections of the jobs of a database. */
export function openJobPools(urls: DatabaseUrls, onIdleError: (error: Error) => void): JobPools {
  const open = (name: keyof JobPools, url = urls.appUrl) =>
    createPool({
      url,
      name: `holdfast ${name}`,
      max: jobConnections[name],
      queryTimeoutMs: jobQueryMsMax,
      onIdleError,
    })
  return {
    // The queue is notified of new jobs.
    jobs: open('jobs', urls.sessionUrl),
    messages: open('messages'),
    webhooks: open('webhooks'),
    broker: open('broker'),
  }
}

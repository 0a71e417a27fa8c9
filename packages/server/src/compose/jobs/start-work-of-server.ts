import type { OpenAccounts } from '../../accounts/open-accounts.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { startPassingOnPlaces } from '../../jobs/pass-on-places.ts'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import type { Common, OpenShards } from '../shards/shards.ts'
import { processAccountRequests, processRequestsOfShard } from './account-mails.ts'

type WorkDeps = {
  database: PreparedDatabase
  accounts: OpenAccounts
  audit: Pick<AuditRecorder, 'record'>
  /** The mails with which requests are stored. */
  mailsOf(shard: Pick<Common, 'engine' | 'pools'>): AccountMails
  log: Logger
}

/** Starts what every server does: it passes on lapsed places, and processes requests for mails. */
export function startWorkOfServer({ all, common }: OpenShards, deps: WorkDeps): RunningJobs[] {
  const { database, accounts, audit, mailsOf, log } = deps
  const { secrets } = database
  const requestsOf = ({ engine, pools }: Pick<Common, 'engine' | 'pools'>) => ({
    engine,
    pools,
    secrets,
    log,
    mails: mailsOf({ engine, pools }),
  })
  return [
    ...all.map(({ pools }) => startPassingOnPlaces({ pool: pools.general, log })),
    ...processAccountRequests({ ...requestsOf(common), accounts, audit }),
    ...all.slice(1).flatMap((shard) => processRequestsOfShard(requestsOf(shard))),
  ]
}

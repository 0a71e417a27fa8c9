import { changeDatabaseUrl, createEngine, createPool, inShard, schemaOf } from '@holdfast/engine'
import { notPassedOn } from '@holdfast/engine/shards'
import type { WrittenShard } from '@holdfast/engine/write-shard-schemas'
import { type AccountMails, createAccountMails } from '@holdfast/server/account-mails'
import { type JobPools, openJobPools } from '@holdfast/server/job-pools'
import { type JobServices, startJobsOf } from '@holdfast/server/jobs-of-database'
import { jobsSchemaOf, migrateJobs } from '@holdfast/server/jobs-schema'
import { until } from '@holdfast/testkit'

const waitMs = 120_000

/** The jobs of a shard, with what this drill needs to change something in it. */
export type ShardWithJobs = {
  schema: string
  /** Of the owner, in the shard. */
  ownerUrl: string
  engine: ReturnType<typeof createEngine>
  /** Of the owner. */
  pool: ReturnType<typeof createPool>
  pools: JobPools
  mails: AccountMails
  /** Makes a job due. */
  runJob(name: string): Promise<void>
  stop(): Promise<void>
}

/** Creates the queue of a shard on its node, and starts its jobs there, as the application. */
export async function startShard(
  services: JobServices,
  { schema, ownerUrl: nodeUrl }: Pick<WrittenShard, 'schema' | 'ownerUrl'>,
  appUrl: string,
): Promise<ShardWithJobs> {
  const ownerUrl = inShard(nodeUrl, schema)
  await migrateJobs(ownerUrl, notPassedOn)
  const { hostname: host, port } = new URL(nodeUrl)
  const url = inShard(changeDatabaseUrl(appUrl, { host, port: Number(port) }), schema)
  const pools = openJobPools({ appUrl: url, sessionUrl: url }, () => undefined)
  const pool = createPool({ url: ownerUrl, max: 4, name: 'holdfast drill' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const mails = createAccountMails({ secrets: services.secrets, pool: pools.messages, isAvailable: true })
  const ofShard = { parts: ['shard'] as const, shard: schema, sessionUrl: url, pools }
  const jobs = await startJobsOf(services, ofShard)
  await eventually(`the log of ${schemaOf(url)} to be followed`, async () => {
    const { rowCount } = await pool.query(
      `select from holdfast.log_receiver where name in ('email', 'webhooks') and held_until > clock_timestamp()`,
    )
    return rowCount === 2
  })
  return {
    schema,
    ownerUrl,
    engine,
    pool,
    pools,
    mails,
    async runJob(name) {
      await pool.query(`select ${jobsSchemaOf(ownerUrl)}.add_job('${name}', job_key => '${name}')`)
    },
    async stop() {
      await jobs.stop()
      await engine.stop()
      await Promise.all([pool, ...Object.values(pools)].map((one) => one.close(5_000)))
    },
  }
}

export function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<true> {
  return until(
    async () => ((await isSo()) ? true : undefined),
    () => what,
    waitMs,
  )
}

import type { Engine } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { type OpenAccounts, openAccounts } from '../accounts/open-accounts.ts'
import type { AuditRecorder, AuditRecorderDeps } from '../audit/audit-recorder.ts'
import type { Config } from '../config/config.ts'
import { buildMetricsApp } from '../edge/metrics-app.ts'
import { startPassingOnPlaces } from '../jobs/pass-on-places.ts'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import { type AccountMails, createAccountMails } from '../messages/account-mails/account-mails.ts'
import { addLiveFigures } from '../observe/live-figures.ts'
import type { Logger } from '../observe/logger.ts'
import { addMachineFigures } from '../observe/machine-figures.ts'
import { createMetrics, type Metrics, type MetricsSources } from '../observe/metrics.ts'
import { addRedisFigures } from '../observe/redis-figures.ts'
import { openTracing } from '../observe/tracing.ts'
import type { MachineWatch } from '../observe/watch-machine.ts'
import { createPasswordAttempts } from '../rest/auth/password-attempts.ts'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'
import { createPublicPages } from '../site/public-pages.ts'
import { buildApp } from './app.ts'
import { createRestDeps } from './create-rest-deps.ts'
import type { PreparedDatabase } from './database/prepare-database.ts'
import { healthOfServer } from './health-of-server.ts'
import { processAccountRequests, processRequestsOfShard } from './jobs/account-mails.ts'
import { openMailer } from './jobs/message-sender.ts'
import { startAllJobs } from './jobs/start-all-jobs.ts'
import { openShared, type Shared } from './open-shared.ts'
import { openShards } from './shards/open-shards.ts'
import { type Common, cacheFiguresOf, calendarFiguresOf, type OpenShards, queueDepthsOf } from './shards/shards.ts'
import { stopServer } from './stop-server.ts'

export type ComposedServer = {
  app: FastifyInstance
  /** null: metrics have no separate port. */
  metricsApp: FastifyInstance | null
  engine: Engine
  /** The engine of a clinic's database. */
  engineOf(clinicNo: number): Engine
  accounts: OpenAccounts['accounts']
  metrics: Metrics
  /** Starts passing on lapsed places to who waits for them, and the jobs if HOLDFAST_WORKER is on. */
  startJobs(): Promise<void>
  /** Stops accepting requests, completes those in flight and all accepted claims, closes the pools. Bounded in time. */
  stop(): Promise<void>
}

/** Wires all parts of the server. Nothing listens yet. */
export async function composeServer(
  config: Config,
  database: PreparedDatabase,
  log: Logger,
  readAllMetrics?: MetricsSources['readAll'],
): Promise<ComposedServer> {
  const shared = await openShared(config, database.secrets, log)
  try {
    return await composeParts(config, database, log, shared, readAllMetrics)
  } catch (error) {
    // Its attempts to connect would keep the process running.
    shared?.close()
    throw error
  }
}

function addOwnFigures({ registry }: Metrics, config: Config, shared: Shared | null): MachineWatch {
  if (shared !== null) addRedisFigures(registry, shared.redis)
  return addMachineFigures(registry, config)
}

async function composeParts(
  config: Config,
  database: PreparedDatabase,
  log: Logger,
  shared: Shared | null,
  readAllMetrics: MetricsSources['readAll'],
): Promise<ComposedServer> {
  const roles = rolesIn(database, () => shards)
  const accounts = await openAccounts(config, database, log, shared?.accounts, roles)
  let isStopping = false
  const metrics = createMetrics({
    pools: () => ({ ...shards.pools, accounts: [accounts.pool] }),
    serving: {
      queueDepths: () => queueDepthsOf(shards),
      cacheFigures: () => cacheFiguresOf(shards),
      calendarFigures: () => calendarFiguresOf(shards),
    },
    readDatabase: () => shards.probes.databaseFigures(),
    readAll: readAllMetrics,
  })
  const machine = addOwnFigures(metrics, config, shared)
  const ofShards = { log, metrics, isStopping: () => isStopping, accountsPool: accounts.pool }
  const shards: OpenShards = await openShards(config, database, ofShards).catch(async (error: unknown) => {
    await accounts.close()
    throw error
  })
  for (const { engine } of shards.all) {
    engine.onCommitted(({ accountIds }) => accountIds.forEach(accounts.principals.forget))
  }
  addLiveFigures(metrics.registry, shards.live)
  const { common } = shards
  const audit = shards.createAudit(auditRecorderDeps(common.engine, accounts, database, log, metrics))
  const opened = openMailer(config)
  const mailsOf = mailsByEngine({ secrets: database.secrets, isAvailable: opened.mailer !== null })
  const sent = { audit, mails: mailsOf(common) }
  const isClaimQueueFull = () => shards.all.every(({ engine }) => engine.claimsQueued() >= config.queueSizeMax)
  const health = await healthOfServer(config, { shards, metrics, machine, shared })
  const tracing = await openTracing(config, { log, registry: metrics.registry })
  const attempts = createPasswordAttempts(accounts.attemptLimits, accounts.knownBrowsers, accounts.sessions)
  const app = await buildApp({
    config,
    log,
    metrics,
    tracing,
    probes: shards.probes,
    isStopping: () => isStopping,
    isClaimQueueFull,
    authentication: accounts,
    auth: {
      ...accounts,
      ...sent,
      attempts,
    },
    rest: createRestDeps(config, database, shards, { accounts, attempts, audit, mailsOf, health }),
    live: shards.live,
    theatreSignalsOf: (clinicNo) => shards.shardOf(clinicNo).theatreSignals,
    sharedCounts: shared?.counts ?? null,
    publicPages: publicPagesOf(config, shards),
  })
  const metricsApp =
    config.metricsPort === null ? null : await buildMetricsApp({ log, metrics, token: config.metricsToken })
  const running: RunningJobs[] = []
  const jobs = { stop: () => Promise.all(running.map((one) => one.stop())) }
  const pools = [...shards.allPools, accounts.pool]
  let stopped: Promise<void> | null = null
  return {
    app,
    metricsApp,
    engine: common.engine,
    engineOf: (clinicNo) => shards.shardOf(clinicNo).engine,
    accounts: accounts.accounts,
    metrics,
    async startJobs() {
      running.push(...startWorkOfServer(shards, { database, accounts, audit, mailsOf, log }))
      if (!config.runsJobs) return
      running.push(await startAllJobs(config, shards.jobDatabases, { ...database, opened, log, metrics, tracing }))
    },
    stop() {
      isStopping = true
      const parts = { app, metricsApp, jobs, audit, ...opened, shards, shared, pools, tracing }
      stopped ??= stopServer(parts, config.shutdownSecondsMax * 1000, log)
      return stopped
    },
  }
}

/** Where roles are. The databases are opened after the accounts, and read when somebody is signed in. */
function rolesIn({ shards: others }: PreparedDatabase, opened: () => OpenShards) {
  if (others === null) return { elsewhere: () => opened().elsewhere() }
  return {
    all: () => opened().all,
    find: (clinicNo: number) => opened().find(clinicNo),
    of: (clinicNo: number) => opened().shardOf(clinicNo),
  }
}

function publicPagesOf({ publicUrl }: Config, { common, find }: OpenShards) {
  return createPublicPages({
    ...common.engine,
    readsOf: async (clinicNo) => (await find(clinicNo)).engine.reads,
    cache: common.cache,
    publicUrl,
  })
}

/** One for each engine, so that a request that is stored wakes the processing of its database. */
function mailsByEngine(settings: { secrets: readonly string[]; isAvailable: boolean }) {
  const created = new Map<Engine, AccountMails>()
  return ({ engine, pools }: Pick<Common, 'engine' | 'pools'>): AccountMails => {
    const mails = created.get(engine) ?? createAccountMails({ pool: pools.general, ...settings })
    created.set(engine, mails)
    return mails
  }
}

function auditRecorderDeps(
  engine: Engine,
  { accounts }: OpenAccounts,
  { secrets }: PreparedDatabase,
  log: Logger,
  metrics: Metrics,
): Omit<AuditRecorderDeps, 'append'> {
  return {
    idsByEmail: accounts.idsByEmail,
    withRole: engine.auditLog.withRole,
    digestOf: createKeyedDigests(secrets, 'audit-address'),
    log,
    onWritten: (written) => metrics.auditDone({ written }),
    onLost: (lost) => metrics.auditDone({ lost }),
  }
}

type WorkDeps = {
  database: PreparedDatabase
  accounts: OpenAccounts
  audit: Pick<AuditRecorder, 'record'>
  /** The mails with which requests are stored. */
  mailsOf(shard: Pick<Common, 'engine' | 'pools'>): AccountMails
  log: Logger
}

/** Starts what every server does: it passes on lapsed places, and processes requests for mails. */
function startWorkOfServer({ all, common }: OpenShards, deps: WorkDeps): RunningJobs[] {
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

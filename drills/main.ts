import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { provideTestEnvironment } from '@holdfast/testkit'
import { messageOf } from '@holdfast/vocabulary'
import type { Way } from './backups/backup-stage.ts'
import { backupCostTable, failuresOfBackupCost, measureBackupCost } from './backups/measure-backup-cost.ts'
import { restoreTable } from './backups/restore-command.ts'
import { runRestoreDrill } from './backups/run-restore-drill.ts'
import { brokerTable } from './broker/broker-command.ts'
import { runBrokerDrill } from './broker/run-broker-drill.ts'
import { type Program, whyNoCluster } from './cluster/programs.ts'
import { clusterPrograms } from './cluster/start-cluster.ts'
import { failoverTable, failuresOfFailover } from './failover/failover-command.ts'
import { allKills, type Kill } from './failover/failovers.ts'
import { runFailoverDrill } from './failover/run-failover-drill.ts'
import { failuresOfParts, type Part, partsTable, runPartsDrill } from './failover/run-parts-drill.ts'
import { allKills as allMessageKills } from './messages/message-kills.ts'
import { failuresOfMessages, messagesTable, runMessagesDrill } from './messages/run-messages-drill.ts'
import { redisFailures, redisTable } from './redis/redis-command.ts'
import { runRedisDrill } from './redis/run-redis-drill.ts'
import { failuresOfReplicas, replicasTable, runReplicasDrill } from './replicas/run-replicas-drill.ts'
import { allSteps } from './shards/clinic-moves.ts'
import { failuresOfShards, runShardsDrill, shardsTable } from './shards/run-shards-drill.ts'
import { shardsPrograms } from './shards/shards-stage.ts'
import { lastRelease } from './upgrade/previous-version.ts'
import { runUpgradeDrill } from './upgrade/run-upgrade-drill.ts'
import { failuresOfUpgrade, upgradeTable } from './upgrade/upgrade-command.ts'
import { failuresOfVisits, runVisitsDrill, visitsTable } from './visits/run-visits-drill.ts'
import { failuresOfYear, runYearDrill, yearTable } from './year/run-year-drill.ts'

const usage = `npm run drill -- restore [--bookings 10000] [--seconds 5] [--json]
npm run drill -- backup-cost [--way engine|server] [--rounds 6] [--seconds 5] [--json]
npm run drill -- redis [--seconds 5] [--clients 16] [--json]
npm run drill -- failover [--times 4] [--kill primary|postgres|partition|pause] [--clients 16] [--json]
npm run drill -- replicas [--reads 100000] [--clients 16] [--json]
npm run drill -- servers|nginx [--clients 16] [--json]
npm run drill -- broker [--bookings 10000] [--json]
npm run drill -- messages [--seconds 5] [--clients 16] [--seed N] [--json]
npm run drill -- shards [--times 4] [--clients 16] [--seed N] [--json]
npm run drill -- upgrade [--from COMMIT] [--requests 20000] [--clients 16] [--short] [--control] [--json]
npm run drill -- year [--short] [--seed N] [--json]
npm run drill -- visits --file FILE [--minutes 480] [--json]
`

const { values, positionals } = parsedArguments()
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}

function parsedArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        bookings: { type: 'string', default: '10000' },
        seconds: { type: 'string', default: '5' },
        way: { type: 'string', default: 'engine' },
        rounds: { type: 'string', default: '6' },
        times: { type: 'string', default: String(allKills.length) },
        kill: { type: 'string' },
        reads: { type: 'string', default: '100000' },
        clients: { type: 'string', default: '16' },
        from: { type: 'string' },
        requests: { type: 'string', default: '20000' },
        short: { type: 'boolean', default: false },
        control: { type: 'boolean', default: false },
        file: { type: 'string' },
        minutes: { type: 'string', default: '480' },
        seed: { type: 'string', default: String(randomInt(1_000_000)) },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** Wrong usage: exits with 2. */
function refuse(reason: string): never {
  process.stderr.write(`${reason}\n${usage}`)
  process.exit(2)
}

function numberOf(
  name: 'bookings' | 'minutes' | 'reads' | 'requests' | 'rounds' | 'seconds' | 'seed' | 'times' | 'clients',
  least: number,
): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < least) {
    refuse(`--${name} is a whole number from ${least}, not ${values[name]}.`)
  }
  return number
}

function isKill(name: string): name is Kill {
  return allKills.some((kill) => kill === name)
}

function killsOf(name: string | undefined): readonly Kill[] {
  if (name === undefined) return allKills
  if (!isKill(name)) refuse(`--kill is one of these, not ${JSON.stringify(name)}: ${allKills.join(', ')}.`)
  return [name]
}

/** The version that is upgraded. */
async function versionBefore(): Promise<string> {
  const from = values.from ?? (await lastRelease())
  return from ?? refuse('No release is tagged here: name the commit of the version before with --from COMMIT.')
}

function wayOf(name: string): Way {
  if (name !== 'engine' && name !== 'server') {
    refuse(`--way is engine or server, not ${JSON.stringify(name)}.`)
  }
  return name
}

type Drill = { programs: readonly Program[]; run(directory: string): Promise<{ failures: string[] }> }

const startedAt = performance.now()
const say = (line: string) =>
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)

/** Prints a result as JSON or as a table. */
function print<Result>(result: Result, tableOf: (result: Result) => string): void {
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : tableOf(result))
}

const partsDrill = (part: Part): Drill => ({
  programs: clusterPrograms,
  async run(directory) {
    const clients = numberOf('clients', 1)
    const result = await runPartsDrill(part, { etcdMembers: 1, clients, pauseMs: 50, directory, say })
    print(result, partsTable)
    return { failures: failuresOfParts(result) }
  },
})

const drills: Record<string, Drill> = {
  restore: {
    programs: [],
    async run(directory) {
      const bookings = numberOf('bookings', 100)
      const result = await runRestoreDrill({ bookings, backupSeconds: numberOf('seconds', 1), directory, say })
      print(result, restoreTable)
      const { lost, differing, unexpected, mismatches } = result
      return {
        failures: lost + differing + unexpected + mismatches === 0 ? [] : ['what was restored is not what was booked'],
      }
    },
  },
  'backup-cost': {
    programs: [],
    async run(directory) {
      const [rounds, backupSeconds] = [numberOf('rounds', 1), numberOf('seconds', 1)]
      const result = await measureBackupCost({
        way: wayOf(values.way),
        rounds,
        partMs: 4_000,
        backupSeconds,
        directory,
        say,
      })
      print(result, backupCostTable)
      return { failures: failuresOfBackupCost(result) }
    },
  },
  redis: {
    programs: ['redis-server', 'redis-cli'],
    async run(directory) {
      const [seconds, clients] = [numberOf('seconds', 1), numberOf('clients', 1)]
      const result = await runRedisDrill({ seconds, clients, directory, say })
      print(result, redisTable)
      return { failures: redisFailures(result) }
    },
  },
  failover: {
    programs: clusterPrograms,
    async run(directory) {
      const [times, clients] = [numberOf('times', 1), numberOf('clients', 1)]
      const load = { clients, pauseMs: 50 }
      const kills = killsOf(values.kill)
      const result = await runFailoverDrill({ kills, times, etcdMembers: 3, ...load, directory, say })
      print(result, failoverTable)
      return { failures: failuresOfFailover(result) }
    },
  },
  replicas: {
    programs: [],
    async run() {
      const result = await runReplicasDrill({ reads: numberOf('reads', 100), clients: numberOf('clients', 1), say })
      print(result, replicasTable)
      return { failures: failuresOfReplicas(result) }
    },
  },
  servers: partsDrill('servers'),
  nginx: partsDrill('nginx'),
  broker: {
    programs: [],
    async run(directory) {
      const result = await runBrokerDrill({ bookings: numberOf('bookings', 100), directory, say })
      print(result, brokerTable)
      const { bookings, arrived } = result
      return { failures: arrived >= bookings ? [] : [`${bookings - arrived} events did not arrive`] }
    },
  },
  messages: {
    programs: ['setpriv'],
    async run(directory) {
      const [seconds, clients, seed] = [numberOf('seconds', 1), numberOf('clients', 1), numberOf('seed', 0)]
      const result = await runMessagesDrill({ seconds, clients, seed, kill: allMessageKills, directory, say })
      print(result, messagesTable)
      return { failures: failuresOfMessages(result) }
    },
  },
  shards: {
    programs: shardsPrograms,
    async run(directory) {
      const [times, clients, seed] = [numberOf('times', 1), numberOf('clients', 1), numberOf('seed', 0)]
      const suspendedMs = 30_000
      const result = await runShardsDrill({ times, steps: allSteps, clients, seed, suspendedMs, directory, say })
      print(result, shardsTable)
      return { failures: failuresOfShards(result, suspendedMs) }
    },
  },
  upgrade: {
    programs: ['nginx', 'openssl', 'setpriv'],
    async run(directory) {
      const [requests, clients, from] = [numberOf('requests', 100), numberOf('clients', 1), await versionBefore()]
      const kind = { isShort: values.short, isControl: values.control }
      const result = await runUpgradeDrill({ from, requests, clients, watchers: 8, ...kind, directory, say })
      print(result, upgradeTable)
      return { failures: failuresOfUpgrade(result, requests) }
    },
  },
  visits: {
    programs: [],
    async run() {
      const path = values.file ?? refuse('Name the file of real visits: --file FILE.')
      const result = await runVisitsDrill(path, { minutes: numberOf('minutes', 15), say })
      print(result, visitsTable)
      return { failures: failuresOfVisits(result) }
    },
  },
  year: {
    programs: [],
    async run(directory) {
      const length = values.short ? { days: 31, horizonDays: 30 } : { days: 366, horizonDays: 60 }
      const result = await runYearDrill({ ...length, seed: numberOf('seed', 0), directory, say })
      print(result, yearTable)
      return { failures: failuresOfYear(result) }
    },
  },
}

const name = positionals.join(' ')
const drill = drills[name]
if (drill === undefined) refuse(`There is no drill ${JSON.stringify(name)}.`)
const reason = whyNoCluster(drill.programs)
if (reason !== null) throw new Error(`This drill can't run here: ${reason}`)
provideTestEnvironment({ servers: [], dataDirectory: undefined, compileCache: join(tmpdir(), 'holdfast-drill-cache') })
const directory = await mkdtemp(join(tmpdir(), 'holdfast-drill-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
// The account that runs PostgreSQL for root has to pass through.
await chmod(directory, 0o711)
const { failures } = await drill.run(directory).catch((error: unknown) => {
  if (!values.json) throw error
  // What reads the result of a drill that could not end finds out so, too.
  process.stdout.write(`${JSON.stringify({ failure: messageOf(error) })}\n`)
  return { failures: [messageOf(error)] }
})
for (const failure of failures) process.stderr.write(`FAILED  ${failure}\n`)
process.exitCode = failures.length === 0 ? 0 : 1

import {
  AppLoginError,
  checkAppLogin,
  checkLogIsOfServer,
  type DatabasePool,
  databaseOf,
  LogAhead,
  migrationStatus,
  withPool,
} from '@holdfast/engine'
import { alertThresholds } from '@holdfast/server/alert-thresholds'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'
import { checkAccountMails } from './check-account-mails.ts'
import { checkAppRole } from './check-app-role.ts'
import { checkCollation, checkLocale } from './check-collation.ts'
import { checkMovingClinics } from './check-moving-clinics.ts'
import { checkOpenTransactions } from './check-open-transactions.ts'
import { checkRoles, type LoginUrls } from './check-roles.ts'

type ServerFacts = {
  version: string
  version_number: number
  in_recovery: boolean
  read_only: boolean
  encoding: string
  fsync: string
  full_page_writes: string
  synchronous_commit: string
  synchronous_standby_names: string
  replicas: number
  now: Date
}

const versionNumberMin = 150_000
const clockSkewSecondsMax = alertThresholds.HoldfastClockSkew.limit

/**
 * Every check of a database, all read-only. `ownerUrl` logs in as the owner, `appUrl` is DATABASE_APP_URL, and
 * `replicaUrls` DATABASE_REPLICA_URLS.
 */
export async function checkDatabase(
  ownerUrl: string,
  appUrl: string | null = null,
  replicaUrls: readonly string[] | null = null,
): Promise<{ version: string | null; checks: Check[] }> {
  const settings = { url: ownerUrl, name: 'holdfast doctor', statementTimeoutMs: 15_000 }
  try {
    return await withPool(settings, async (pool) => {
      const { facts, skewSeconds } = await readServer(pool)
      const checks = [...judgeServer(facts), judgeClock(skewSeconds)]
      const { isOwner, check } = await checkOwner(pool, appUrl !== null)
      checks.push(check)
      // Another login may not read what the rest looks at.
      if (facts.version_number >= versionNumberMin && isOwner) {
        if (facts.encoding === 'UTF8') checks.push(await checkLocale(pool))
        checks.push(await checkCollation(pool), ...(await checkSchema(pool, ownerUrl, { appUrl, replicaUrls })))
        checks.push(...(await checkAppRole(pool, appUrl)))
      }
      return { version: facts.version, checks }
    })
  } catch (error) {
    const fix = 'check DATABASE_URL, and that PostgreSQL runs there and lets this login in'
    return { version: null, checks: [problem('database', `cannot be reached: ${messageOf(error)}`, fix)] }
  }
}

async function readServer(pool: DatabasePool): Promise<{ facts: ServerFacts; skewSeconds: number }> {
  // The first query opens the connection, so that the second takes one round trip, which bounds the clock skew.
  await pool.query('select 1')
  const before = Date.now()
  const { rows } = await pool.query<ServerFacts>(`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as version_number,
           pg_is_in_recovery() as in_recovery, current_setting('server_encoding') as encoding,
           current_setting('default_transaction_read_only')::boolean as read_only,
           current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
           current_setting('synchronous_commit') as synchronous_commit,
           current_setting('synchronous_standby_names') as synchronous_standby_names,
           (select count(*)::int from pg_stat_replication
             where application_name <> 'holdfast backup') as replicas, clock_timestamp() as now`)
  const after = Date.now()
  const facts = rows[0]
  if (facts === undefined) throw new Error('the database returned no row about itself')
  return { facts, skewSeconds: (facts.now.getTime() - (before + after) / 2) / 1000 }
}

function judgeServer(facts: ServerFacts): Check[] {
  const checks: Check[] = []
  checks.push(
    facts.version_number >= versionNumberMin
      ? ok('database', `PostgreSQL ${facts.version}`)
      : problem('database', `PostgreSQL ${facts.version}`, 'upgrade it to 15 or newer, or use another server'),
  )
  if (facts.in_recovery) {
    checks.push(problem('database', 'is a standby and cannot be written', 'point DATABASE_URL at the primary'))
  }
  if (facts.read_only) {
    const fix = 'point DATABASE_URL at the new one; or to use this one again, run `holdfast move-database --reopen`'
    checks.push(problem('database', 'is read-only: it is being moved, or was moved to another server', fix))
  }
  if (facts.encoding !== 'UTF8') {
    checks.push(problem('database', `stores text as ${facts.encoding}`, 'create a database with the encoding UTF8'))
  }
  const risky = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter((name) => facts[name] === 'off')
  checks.push(
    risky.length === 0
      ? ok('durability', 'committed data survives a crash')
      : warning(
          'durability',
          `${risky.join(', ')} ${risky.length === 1 ? 'is' : 'are'} off: a crash can lose confirmed bookings`,
          'switch it on, except for tests',
        ),
  )
  if (facts.replicas > 0) checks.push(judgeReplication(facts))
  return checks
}

/** Only a commit that a replica has confirmed survives a failover to it. */
function judgeReplication({ replicas, synchronous_standby_names, synchronous_commit }: ServerFacts): Check {
  const connected = `${replicas} ${replicas === 1 ? 'replica is' : 'replicas are'} connected`
  if (synchronous_standby_names === '') {
    return warning(
      'replication',
      `${connected}, and synchronous_standby_names is empty: a failover can lose confirmed bookings`,
      'set it to their names, such as ANY 1 (replica1, replica2); with Patroni, synchronous_mode: true',
    )
  }
  if (synchronous_commit === 'local' || synchronous_commit === 'off') {
    return warning(
      'replication',
      `${connected}, and synchronous_commit is ${synchronous_commit}: a failover can lose confirmed bookings`,
      'set it to on',
    )
  }
  return ok('replication', `${connected}, and commits wait for ${synchronous_standby_names}`)
}

function judgeClock(skewSeconds: number): Check {
  const found = `the database's is ${Math.abs(skewSeconds).toFixed(2)} s ${skewSeconds < 0 ? 'behind' : 'ahead'}`
  return Math.abs(skewSeconds) <= clockSkewSecondsMax
    ? ok('clocks', found)
    : warning('clocks', found, 'set the clocks of both machines by NTP; the database’s clock decides when holds expire')
}

type OwnerFacts = {
  login: string
  may_create_role: boolean
  may_create: boolean
  schema_owner: string | null
  owns_schema: boolean
}

/** Whether the login of DATABASE_URL may do what migrations need. It need not be a superuser. */
async function checkOwner(pool: DatabasePool, hasAppUrl: boolean): Promise<{ isOwner: boolean; check: Check }> {
  const { rows } = await pool.query<OwnerFacts>(`
    select current_user::text as login, rolsuper or rolcreaterole as may_create_role,
           has_database_privilege(current_database(), 'CREATE') as may_create,
           pg_get_userbyid(n.nspowner)::text as schema_owner,
           coalesce(pg_has_role(n.nspowner, 'USAGE'), true) as owns_schema
      from pg_roles left join pg_namespace n on n.nspname = 'holdfast' where rolname = current_user`)
  const [facts] = rows
  if (facts === undefined) throw new Error('the database returned no row about the login')
  const login = `${facts.login}, the login of DATABASE_URL,`
  if (!facts.owns_schema) {
    const owner = facts.schema_owner
    const fix = `set DATABASE_URL to the login of ${owner}; that of the server belongs into DATABASE_APP_URL`
    const found = `${login} does not own the schema holdfast: ${owner} does`
    return { isOwner: false, check: problem('owner', found, fix) }
  }
  const lacks = [
    ...(facts.may_create ? [] : ['create schemas in the database']),
    ...(facts.may_create_role || hasAppUrl ? [] : ['create the login of the server']),
  ]
  if (lacks.length === 0) return { isOwner: true, check: ok('owner', `${facts.login} may do what migrations need`) }
  const fix = 'run `holdfast setup-database`, which prints the SQL for an administrator of the database server'
  const found = `${login} may not ${lacks.join(' or ')}`
  return { isOwner: true, check: problem('owner', found, hasAppUrl ? fix : `${fix}; or set DATABASE_APP_URL`) }
}

async function checkSchema(pool: DatabasePool, ownerUrl: string, logins: LoginUrls): Promise<Check[]> {
  const { appUrl } = logins
  const { current, pending } = await migrationStatus(pool)
  if (!current) {
    const found = `${pending.length} missing: ${pending.slice(0, 5).join(', ')}${pending.length > 5 ? ', …' : ''}`
    const migrated = await isMigrated(pool)
    const fix = 'run `holdfast migrate` (`holdfast start` does it too)'
    return [migrated ? problem('migrations', found, fix) : warning('migrations', 'the database is empty', fix)]
  }
  return [
    ok('migrations', 'current'),
    ...(await checkRoles(pool, logins)),
    ...(appUrl === null ? [] : [await checkConfiguredLogin(appUrl, ownerUrl)]),
    await checkPartitions(pool),
    await checkLog(pool),
    await checkAdmins(pool),
    await checkAccountMails(pool),
    await checkOpenTransactions(pool),
    ...(await checkMovingClinics(pool)),
  ]
}

async function isMigrated(pool: DatabasePool): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(`select to_regclass('holdfast.migration') is not null as found`)
  return rows[0]?.found ?? false
}

/** A start refuses the same. */
async function checkConfiguredLogin(appUrl: string, ownerUrl: string): Promise<Check> {
  const name = 'application login'
  try {
    await checkAppLogin(appUrl, databaseOf(ownerUrl))
    return ok(name, 'DATABASE_APP_URL may call the functions, and nothing more')
  } catch (error) {
    if (error instanceof AppLoginError) return problem(name, messageOf(error), 'correct DATABASE_APP_URL as it says')
    const fix = 'check DATABASE_APP_URL, and that PostgreSQL lets this login in'
    return problem(name, `cannot log in: ${messageOf(error)}`, fix)
  }
}

/** The bookings of a month need its partitions, which are created three months ahead. */
async function checkPartitions(pool: DatabasePool): Promise<Check> {
  const { rows } = await pool.query<{ months: number }>(`
    select count(*)::int as months
      from generate_series(0, 3) ahead,
           to_char((now() at time zone 'UTC') + ahead * interval '1 month', '"_y"YYYY"m"MM') suffix
     where to_regclass('holdfast.booking' || suffix) is not null
       and to_regclass('holdfast.booking_event' || suffix) is not null`)
  const months = rows[0]?.months ?? 0
  const fix = 'run `holdfast worker` (or `start` with HOLDFAST_WORKER=on); `holdfast migrate` creates them at once'
  if (months === 0) return problem('partitions', 'none for this month: no booking is possible', fix)
  if (months < 3)
    return warning('partitions', `only for ${months} ${months === 1 ? 'month' : 'months'}, including this one`, fix)
  return ok('partitions', `exist for ${months} months, including this one`)
}

async function checkLog(pool: DatabasePool): Promise<Check> {
  try {
    await checkLogIsOfServer(pool)
    return ok('event log', 'continues in the order of this server’s transactions')
  } catch (error) {
    if (!(error instanceof LogAhead)) throw error
    const fix = 'stop every Holdfast on this database and run `holdfast renumber-log`'
    return problem('event log', 'was written by another server and restored from a dump', fix)
  }
}

async function checkAdmins(pool: DatabasePool): Promise<Check> {
  const { rows } = await pool.query<{ admins: number }>(
    'select count(*)::int as admins from holdfast.site_administrator',
  )
  const admins = rows[0]?.admins ?? 0
  return admins > 0
    ? ok('administrators', `${admins} of the whole site`)
    : warning('administrators', 'there is no site administrator', 'run `holdfast admin create --email …`')
}

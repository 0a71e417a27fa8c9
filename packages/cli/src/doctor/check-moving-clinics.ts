import {
  createPool,
  type DatabasePool,
  describeMissing,
  directoryNo,
  expectedShard,
  type MisplacedClinic,
  misplacedClinics,
  missingShards,
  openShardPool,
  ShardRefused,
  withPool,
} from '@holdfast/engine'
import { directoryName, ownerUrlOf, type ShardSettings } from '@holdfast/server/config'
import sql from 'sql-template-tag'
import { register, unregistered } from '../move-ends.ts'
import { type Check, problem, warning } from './check.ts'

/** Clinics of which this database refuses changes, because they are being moved to another one, or a move broke off. */
export async function checkMovingClinics(pool: Pick<DatabasePool, 'query'>): Promise<Check[]> {
  const { rows } = await pool.query<{ clinicNos: number[] | null }>(sql`
    select array_agg(clinic_no order by clinic_no) as "clinicNos"
      from holdfast.moving_clinic where refused_until > clock_timestamp()`)
  const clinicNos = rows[0]?.clinicNos ?? []
  if (clinicNos.length === 0) return []
  const which = `${clinicNos.length === 1 ? 'clinic' : 'clinics'} ${clinicNos.join(', ')}`
  const found = `changes of ${which} are refused, and jobs that concern several clinics fail`
  const fix =
    'if `holdfast move-clinic` or `holdfast shards choose` was interrupted, run it again as it was called; ' +
    '`holdfast shards` names stale copies'
  return [warning('clinics that move', found, fix)]
}

const namedMax = 10

/** The databases that the directory knows, and HOLDFAST_SHARDS lacks. */
export async function checkMissingShards(directoryUrl: string, settings: readonly ShardSettings[]): Promise<Check[]> {
  const names = settings.map(({ name }) => name)
  const missing = await withPool({ url: directoryUrl, name: 'holdfast doctor' }, async (pool) => {
    const { rows } = await pool.query<{ found: boolean }>(`select to_regclass('holdfast.shard') is not null as found`)
    return rows[0]?.found === true ? missingShards(pool, names) : []
  })
  if (missing.length === 0) return []
  const found = `the directory knows ${missing.map(describeMissing).join(', ')}, which HOLDFAST_SHARDS lacks`
  const fix = 'add the database to HOLDFAST_SHARDS; to take it out, run `holdfast shards drain` first'
  return [missing.some(({ clinics }) => clinics > 0) ? problem('shards', found, fix) : warning('shards', found, fix)]
}

/** Clinics that are not where the directory says, in the databases that can be read. The others have other checks. */
export async function checkMisplacedClinics(
  directoryUrl: string,
  settings: readonly ShardSettings[],
): Promise<Check[]> {
  const settingsOf = (url: string) => ({ url, max: 1, name: 'holdfast doctor' })
  const directory = createPool(settingsOf(directoryUrl))
  const pools = [directory]
  const checks: Check[] = []
  try {
    const names = new Map([[directoryNo, directoryName]])
    const readable = new Map([[directoryNo, directory]])
    // The directory notes where clinics are once a database is registered.
    let isNoted = false
    for (const shard of settings) {
      const { name } = shard
      const expected = await expectedShard(directory, name)
      const pool = openShardPool(expected, settingsOf(ownerUrlOf(shard)))
      pools.push(pool)
      const refusal = await refusalOf(pool)
      isNoted ||= expected.mark !== null
      if (refusal instanceof ShardRefused) {
        checks.push(problem(`${name}: place`, refusal.message, 'correct the URL in HOLDFAST_SHARDS'))
      }
      if (expected.mark === null && refusal === null) checks.push(warning(`${name}: place`, unregistered, register))
      if (expected.mark === null || refusal !== null) continue
      names.set(expected.mark.no, name)
      readable.set(expected.mark.no, pool)
    }
    const misplaced = isNoted ? await misplacedClinics(directory, readable) : []
    if (misplaced.length === 0) return checks
    const list = misplaced.slice(0, namedMax).map((clinic) => describe(clinic, (no) => names.get(no) ?? `number ${no}`))
    const more = misplaced.length > namedMax ? [`and ${misplaced.length - namedMax} more`] : []
    const found = [...list, ...more].join('; ')
    return [...checks, warning('places of clinics', found, 'run `holdfast shards`, which says what to do')]
  } finally {
    await Promise.all(pools.map((pool) => pool.end()))
  }
}

/** @returns why the database cannot be read; null: it can be */
async function refusalOf(pool: DatabasePool): Promise<unknown> {
  return pool.query('select from holdfast.clinic limit 1').then(
    () => null,
    (error: unknown) => error,
  )
}

function describe({ clinicNo, inShard, notedIn, inBoth }: MisplacedClinic, nameOf: (no: number) => string): string {
  const noted = notedIn === null ? 'not noted' : `noted in ${nameOf(notedIn)}${inBoth ? ', which has it as well' : ''}`
  return `clinic ${clinicNo} is in ${inShard === null ? 'no database' : nameOf(inShard)}, and ${noted}`
}

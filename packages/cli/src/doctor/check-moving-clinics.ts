import {
  createPool,
  type DatabasePool,
  directoryNo,
  type MisplacedClinic,
  misplacedClinics,
  registeredShardNo,
} from '@holdfast/engine'
import { directoryName, ownerUrlOf, type ShardSettings } from '@holdfast/server/config'
import sql from 'sql-template-tag'
import { type Check, warning } from './check.ts'

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

/** Clinics that are not where the directory says, in the databases that can be read. The others have other checks. */
export async function checkMisplacedClinics(
  directoryUrl: string,
  settings: readonly ShardSettings[],
): Promise<Check[]> {
  const open = (url: string) => createPool({ url, max: 1, name: 'holdfast doctor' })
  const directory = open(directoryUrl)
  const others = settings.map((shard) => ({ name: shard.name, pool: open(ownerUrlOf(shard)) }))
  try {
    const names = new Map([[directoryNo, directoryName]])
    const readable = new Map([[directoryNo, directory]])
    for (const { name, pool } of others) {
      const no = await registeredShardNo(directory, name)
      if (no === null || !(await isReadable(pool))) continue
      names.set(no, name)
      readable.set(no, pool)
    }
    const misplaced = await misplacedClinics(directory, readable)
    if (misplaced.length === 0) return []
    const list = misplaced.slice(0, namedMax).map((clinic) => describe(clinic, (no) => names.get(no) ?? `number ${no}`))
    const more = misplaced.length > namedMax ? [`and ${misplaced.length - namedMax} more`] : []
    return [warning('places of clinics', [...list, ...more].join('; '), 'run `holdfast shards`, which says what to do')]
  } finally {
    await Promise.all([directory, ...others.map(({ pool }) => pool)].map((pool) => pool.end()))
  }
}

async function isReadable(pool: DatabasePool): Promise<boolean> {
  return pool.query('select from holdfast.clinic limit 1').then(
    () => true,
    () => false,
  )
}

function describe({ clinicNo, inShard, notedIn, inBoth }: MisplacedClinic, nameOf: (no: number) => string): string {
  const noted = notedIn === null ? 'not noted' : `noted in ${nameOf(notedIn)}${inBoth ? ', which has it as well' : ''}`
  return `clinic ${clinicNo} is in ${inShard === null ? 'no database' : nameOf(inShard)}, and ${noted}`
}

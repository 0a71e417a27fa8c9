import type pg from 'pg'
import sql from 'sql-template-tag'
import { changeDatabaseUrl, inShard } from '../database/database-url.ts'
import { finishedComment } from './distribute.ts'

/** Where the rows of a clinic are, on Citus: the schema of its shard, on the node that has it now. */
export type Place = {
  schema: string
  shardId: number
  /** The hashes of the numbers of its clinics: {@link clinicHash}. */
  hashMin: number
  hashMax: number
  host: string
  port: number
  database: string
}

/** Not all shards of a database on Citus have their own rows. */
export class DistributionUnfinished extends Error {
  override name = 'DistributionUnfinished'

  constructor() {
    super('The distribution of the database over Citus is not finished. Repeat "holdfast migrate --citus".')
  }
}

/**
 * The places of a database on Citus, by their shards' numbers. Together they have all clinics. A shard that is being
 * moved is where it was, and then at once where it will be, although its schema may not be written there yet.
 *
 * @param coordinator as the application or the owner
 * @throws DistributionUnfinished, and Error if the database is not distributed
 */
export async function readPlaces(coordinator: pg.Pool): Promise<Place[]> {
  if (!(await isDistributionFinished(coordinator))) throw new DistributionUnfinished()
  const { rows } = await coordinator.query<Place>(sql`
    select 'holdfast_' || s.shardid as schema, s.shardid::float8 as "shardId", s.shardminvalue::integer as "hashMin",
           s.shardmaxvalue::integer as "hashMax", n.nodename as host, n.nodeport as port,
           current_database()::text as database
      from pg_dist_shard s
      join pg_dist_placement p on p.shardid = s.shardid and p.shardstate = 1
      join pg_dist_node n on n.groupid = p.groupid and n.noderole = 'primary'
     where s.logicalrelid = 'holdfast.clinic'::regclass
     order by s.shardid`)
  return rows
}

/**
 * Whether all shards have had their own rows. By any login.
 *
 * @throws Error if the database is not distributed
 */
export async function isDistributionFinished(coordinator: pg.Pool | pg.Client): Promise<boolean> {
  const { rows } = await coordinator.query<{ comment: string | null }>(sql`
    select obj_description(c.oid, 'pg_class') as comment
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'holdfast' and c.relname = 'shard_trigger'`)
  const [mark] = rows
  if (mark === undefined) throw new Error('The database is not distributed over Citus: it has no places.')
  return mark.comment === finishedComment
}

/** The same login in a place: on its node, in the schema of its shard. */
export function placeUrl(appUrl: string, { schema, host, port, database }: Place): string {
  return inShard(changeDatabaseUrl(appUrl, { host, port, database }), schema)
}

/** The place of a clinic. @throws RangeError if no place has it */
export function placeOf<Ranged extends Pick<Place, 'hashMin' | 'hashMax'>>(
  places: readonly Ranged[],
  clinicNo: number,
): Ranged {
  const hash = clinicHash(clinicNo)
  const place = places.find(({ hashMin, hashMax }) => hashMin <= hash && hash <= hashMax)
  if (place === undefined) throw new RangeError(`No place has the clinic ${clinicNo}, whose hash is ${hash}.`)
  return place
}

/**
 * The hash by which Citus divides clinics among shards: PostgreSQL's `hashint4`, of 32 bits with a sign. Our own code,
 * since every request needs the place of its clinic at once.
 *
 * Bob Jenkins, lookup3.c (2006), as in `hash_bytes_uint32` of PostgreSQL's src/common/hashfn.c
 *
 * @param clinicNo of 32 bits with a sign
 */
export function clinicHash(clinicNo: number): number {
  const start = (0x9e3779b9 + 4 + 3_923_095) | 0
  let [a, b, c] = [(start + clinicNo) | 0, start, start]
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  return ((c ^ b) - rotated(b, 24)) | 0
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

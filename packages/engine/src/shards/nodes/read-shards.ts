import type pg from 'pg'
import sql from 'sql-template-tag'
import { changeDatabaseUrl, inShard } from '../../database/database-url.ts'
import { isDistributionFinished } from './distribution-state.ts'

/** A shard of a database on Citus: its schema, the clinics that it has, and the node that has it now. */
export type Shard = {
  schema: string
  shardId: number
  /** The hashes of the numbers of its clinics: {@link clinicHash}. */
  hashMin: number
  hashMax: number
  host: string
  port: number
  database: string
}

/**
 * Settings of a session on a node of Citus, or on the coordinator, in which definitions are changed there alone: passed
 * on to all nodes, they would fail while one is away.
 */
export const notPassedOn = { 'citus.enable_ddl_propagation': 'off' } as const

/** The host of a shard that cannot be used where it is: connecting to it fails at once. */
const noHost = '/nonexistent'

/** The same shard, at no address: until its schema is known to be up to date, nothing may use it. */
export function notPlaced(shard: Shard): Shard {
  return { ...shard, host: noHost }
}

export function isPlaced({ host }: Pick<Shard, 'host'>): boolean {
  return host !== noHost
}

/** Not all shards of a database on Citus have their own rows. */
export class DistributionUnfinished extends Error {
  override name = 'DistributionUnfinished'

  constructor() {
    super('The distribution of the database over Citus is not finished. Repeat "holdfast migrate --citus".')
  }
}

/**
 * The shards of a database on Citus, by their numbers. Together they have all clinics. During a move this returns the
 * old node, and afterwards the new one, on which the shard's schema may not exist yet.
 *
 * @param coordinator as the application or the owner
 * @throws DistributionUnfinished, and Error if the database is not distributed
 */
export async function readShards(coordinator: pg.Pool): Promise<Shard[]> {
  if (!(await isDistributionFinished(coordinator))) throw new DistributionUnfinished()
  const { rows } = await coordinator.query<Shard>(sql`
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

/** The same login in a shard: on its node, in its schema. */
export function shardUrl(appUrl: string, { schema, host, port, database }: Shard): string {
  return inShard(changeDatabaseUrl(appUrl, { host, port, database }), schema)
}

/** The shard of a clinic. @throws RangeError if no shard has it */
export function shardOf<Ranged extends Pick<Shard, 'hashMin' | 'hashMax'>>(
  shards: readonly Ranged[],
  clinicNo: number,
): Ranged {
  const hash = clinicHash(clinicNo)
  const shard = shards.find(({ hashMin, hashMax }) => hashMin <= hash && hash <= hashMax)
  if (shard === undefined) throw new RangeError(`No shard has the clinic ${clinicNo}, whose hash is ${hash}.`)
  return shard
}

/**
 * The hash by which Citus divides clinics among shards: PostgreSQL's `hashint4`, of 32 bits with a sign. Our own code,
 * since every request needs the shard of its clinic at once.
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

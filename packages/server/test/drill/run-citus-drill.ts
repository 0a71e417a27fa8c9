import { distribute } from '@holdfast/engine/distribute'
import { newId } from '@holdfast/engine/id'
import { migrate } from '@holdfast/engine/migrate'
import { writePlaces } from '@holdfast/engine/write-places'
import { aClaim, aSlot, type BuiltSlot } from '@holdfast/testkit'
import pg from 'pg'
import sql from 'sql-template-tag'
import { type CitusClaim, CitusLoad } from './citus-load.ts'
import { OpenPlaces } from './citus-places.ts'

export type CitusResult = {
  places: number
  clinics: number
  /** Of each move of a place to another node: how long Citus moved, and how long nothing was acknowledged in it. */
  moves: { place: string; movedMs: number; gapMs: number }[]
  bookingsPerSecond: number
  acknowledged: number
  lost: number
  duplicated: number
  /** What 200 clients at once booked of a slot's 50 places. */
  contention: { capacity: number; booked: number }
  /** Attempts that failed while a place was moved, and were repeated with their keys. */
  repeated: number
  verify: { mismatches: number; overbooked: number }
  /** Acknowledged bookings that are missing when the guard is left out: 0 means that this drill finds nothing. */
  controlLost: number
}

type Options = { url: string; clients: number; moves: number; say: (line: string) => void }

const clinicsPerPlace = 4
const slotsPerClinic = 5
const capacity = 1_000_000
const claimsBetween = 2_000

/**
 * Distributes an empty database on Citus, books in all places, and moves places to other nodes meanwhile. Compares what
 * was acknowledged with what is there, and then does the same without the guard.
 */
export async function runCitusDrill({ url, clients, moves, say }: Options): Promise<CitusResult> {
  await migrate({ ownerUrl: url })
  const coordinator = new pg.Client({ connectionString: url, application_name: 'holdfast drill' })
  await coordinator.connect()
  try {
    await refuseFullDatabase(coordinator)
    await distribute(coordinator)
    const places = new OpenPlaces(await writePlaces(url))
    try {
      say(`${places.all().length} places on ${new Set(places.all().map(({ ownerUrl }) => ownerUrl)).size} nodes`)
      const slots = await createSlots(coordinator, places)
      const arm = async (count: number) => {
        const load = new CitusLoad({ places, slots, clients })
        const startedAt = performance.now()
        const moved: CitusResult['moves'] = []
        for (let n = 0; n < count; n += 1) {
          await load.untilAcknowledged(claimsBetween)
          moved.push(await movePlace({ url, coordinator, places, load, n }))
          say(JSON.stringify(moved.at(-1)))
        }
        await load.untilAcknowledged(claimsBetween)
        await load.stop()
        return { load, moved, seconds: (performance.now() - startedAt) / 1_000 }
      }
      const { load, moved, seconds } = await arm(moves)
      const found = await compare(places, load.journal)
      const contention = await contend(places, slots)
      const checked = await places.verify(slots)
      await places.dropGuards()
      say('without the guard')
      const control = await arm(Math.min(moves, 2))
      return {
        places: places.all().length,
        clinics: places.all().length * clinicsPerPlace,
        moves: moved,
        bookingsPerSecond: Math.round(load.journal.length / seconds),
        acknowledged: load.journal.length,
        ...found,
        contention,
        repeated: load.repeated,
        verify: checked,
        controlLost: (await compare(places, control.load.journal)).lost,
      }
    } finally {
      await places.end()
    }
  } finally {
    await coordinator.end()
  }
}

async function refuseFullDatabase(coordinator: pg.Client): Promise<void> {
  const { rows } = await coordinator.query(sql`select from holdfast.clinic limit 1`)
  if (rows.length > 0) throw new Error('CITUS_URL is an empty database: this one has clinics.')
}

/** So many clinics in each place, with slots that never fill. */
async function createSlots(coordinator: pg.Client, places: OpenPlaces): Promise<BuiltSlot[]> {
  await coordinator.query(sql`insert into holdfast.specialization (name) values ('General practice')`)
  const slots: BuiltSlot[] = []
  const perPlace = new Map<string, number>()
  for (let no = 1; slots.length < places.all().length * clinicsPerPlace * slotsPerClinic; no += 1) {
    const { rows } = await coordinator.query<{ shard: string }>(
      sql`select get_shard_id_for_distribution_column('holdfast.clinic', ${no}::int) as shard`,
    )
    const schema = `holdfast_${rows[0]?.shard}`
    const count = perPlace.get(schema) ?? 0
    if (count === clinicsPerPlace) continue
    perPlace.set(schema, count + 1)
    const [id, doctorId] = [newId(no), newId(no)]
    await coordinator.query(sql`
      insert into holdfast.clinic (no, id, name, timezone) values (${no}, ${id}, ${`Clinic ${no}`}, 'UTC')`)
    const place = places.open(no, schema)
    await place.pool.query(sql`
      insert into holdfast.resource (clinic_no, id, kind, name, active, specialization, appointment_types)
      values (${no}, ${doctorId}, 'doctor', 'Drill', true, 'General practice', array['in_person'])`)
    for (let n = 0; n < slotsPerClinic; n += 1) {
      slots.push(await aSlot({ ownerPool: place.pool }, { id: doctorId, clinicNo: no, clinicId: id }, { capacity }))
    }
  }
  return slots
}

async function contend(places: OpenPlaces, slots: readonly BuiltSlot[]): Promise<CitusResult['contention']> {
  const [neighbour] = slots
  if (neighbour === undefined) throw new Error('There are no slots.')
  const { pool, engine } = places.open(neighbour.clinicNo)
  const doctor = { id: neighbour.doctorId, clinicNo: neighbour.clinicNo, clinicId: '' }
  const capacityOfOne = 50
  const slot = await aSlot({ ownerPool: pool }, doctor, { capacity: capacityOfOne })
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => engine.claim(aClaim(slot))))
  return { capacity: capacityOfOne, booked: outcomes.filter(({ kind }) => kind === 'booked').length }
}

type Move = { url: string; coordinator: pg.Client; places: OpenPlaces; load: CitusLoad; n: number }

/** Moves a place to the next node, writes it there, and lets the load go on in it. */
async function movePlace({ url, coordinator, places, load, n }: Move): Promise<CitusResult['moves'][number]> {
  const place = places.all()[n % places.all().length]
  if (place === undefined) throw new Error('There is no place.')
  const { rows } = await coordinator.query<{ host: string; port: number; isHere: boolean }>(sql`
    select nodename as host, nodeport as port, groupid = (
             select groupid from pg_dist_placement where shardid = ${place.shardId}) as "isHere"
      from pg_dist_node where shouldhaveshards order by groupid`)
  const from = rows.find(({ isHere }) => isHere)
  const to = rows.find(({ isHere }) => !isHere)
  if (from === undefined || to === undefined) throw new Error('A place can be moved if two nodes have shards.')
  const startedAt = performance.now()
  await coordinator.query(sql`
    select citus_move_shard_placement(${place.shardId}, ${from.host}, ${from.port}::int, ${to.host}, ${to.port}::int,
                                      'force_logical')`)
  const movedMs = Math.round(performance.now() - startedAt)
  for (const written of await writePlaces(url, place.schema)) await places.reopen(written)
  await coordinator.query('call citus_cleanup_orphaned_resources()')
  const { schema } = place
  await load.untilAcknowledgedIn(schema)
  return { place: schema, movedMs, gapMs: Math.round(load.gapMsIn(schema, startedAt)) }
}

async function compare(
  places: OpenPlaces,
  journal: readonly CitusClaim[],
): Promise<{ lost: number; duplicated: number }> {
  const found = await places.bookings()
  const keys = new Set(journal.map(({ key }) => key))
  const ours = found.filter(({ key }) => keys.has(key))
  const ids = new Set(ours.map(({ id }) => id))
  return {
    lost: journal.filter(({ bookingId }) => !ids.has(bookingId)).length,
    duplicated: ours.length - new Set(ours.map(({ key }) => key)).size,
  }
}

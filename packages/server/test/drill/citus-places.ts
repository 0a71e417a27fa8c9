import { createEngine, createPool, verify } from '@holdfast/engine'
import { inPlace } from '@holdfast/engine/database-url'
import type { CitusPlace } from '@holdfast/engine/write-places'
import type { BuiltSlot } from '@holdfast/testkit'

type Pool = ReturnType<typeof createPool>
type OpenPlace = CitusPlace & { pool: Pool; engine: ReturnType<typeof createEngine> }

/** An engine for each place of a database on Citus. Which place a clinic belongs to is noted when it is created. */
export class OpenPlaces {
  readonly #places = new Map<string, OpenPlace>()
  readonly #schemas = new Map<number, string>()

  constructor(places: readonly CitusPlace[]) {
    for (const place of places) this.#places.set(place.schema, openPlace(place))
  }

  all(): OpenPlace[] {
    return [...this.#places.values()]
  }

  /** The place of a clinic, which is told once. */
  open(clinicNo: number, schema?: string): OpenPlace {
    if (schema !== undefined) this.#schemas.set(clinicNo, schema)
    const place = this.#places.get(this.#schemas.get(clinicNo) ?? '')
    if (place === undefined) throw new Error(`No place has the clinic ${clinicNo}.`)
    return place
  }

  /** Goes on with a place on the node to which it was moved. */
  async reopen(place: CitusPlace): Promise<void> {
    const former = this.#places.get(place.schema)
    this.#places.set(place.schema, openPlace(place))
    await former?.engine.stop()
    await former?.pool.end()
  }

  async bookings(): Promise<{ id: string; key: string }[]> {
    const found = await Promise.all(
      this.all().map(({ pool }) =>
        pool.query<{ id: string; key: string }>("select id, patient->>'name' as key from holdfast.booking"),
      ),
    )
    return found.flatMap(({ rows }) => rows)
  }

  async verify(slots: readonly BuiltSlot[]): Promise<{ mismatches: number; overbooked: number }> {
    const total = { mismatches: 0, overbooked: 0 }
    for (const clinicNo of new Set(slots.map((slot) => slot.clinicNo))) {
      const { mismatches, overbooked } = await verify(this.open(clinicNo).pool, { clinicNo, detailsMax: 1 })
      total.mismatches += mismatches
      total.overbooked += overbooked
    }
    return total
  }

  /** Negative control: lets former copies of shards be written. */
  async dropGuards(): Promise<void> {
    for (const { pool, schema } of this.all()) await pool.query(`drop function ${schema}.guard_place() cascade`)
  }

  async end(): Promise<void> {
    for (const { engine, pool } of this.all()) {
      await engine.stop()
      await pool.end()
    }
  }
}

function openPlace(place: CitusPlace): OpenPlace {
  const url = inPlace(place.ownerUrl, place.schema)
  const pool = createPool({ url, max: 4, name: 'holdfast drill', lockTimeoutMs: 1_000 })
  return { ...place, pool, engine: createEngine({ batchPool: pool, generalPool: pool, unknownMsMax: 1_000 }) }
}

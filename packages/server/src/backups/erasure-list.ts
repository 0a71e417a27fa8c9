import {
  type BackupError,
  listedUntil,
  loadReadingKeys,
  readErasures,
  type Sealer,
  storeErasures,
} from '@holdfast/adapters/backup'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import { type Erased, erasuresSince, isId } from '@holdfast/engine'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { backupKeys } from './backup-keys.ts'

/** Longer than any transaction that erases, whose time is that of its end at the latest. */
const overlapMs = 600_000

/** Keeps a list of what was erased beside the backups: a restored database does not know it. */
export class ErasureList {
  readonly #pool: pg.Pool
  readonly #store: ObjectStore
  #sinceMs: number | undefined
  /** What was found last. */
  #listed: ReadonlySet<string> = new Set()

  constructor(pool: pg.Pool, store: ObjectStore) {
    this.#pool = pool
    this.#store = store
  }

  /** Stores what was erased since the last call, or since the last list in the store. */
  async store(sealer: Sealer, untilMs: number): Promise<void> {
    const listedMs = this.#sinceMs ?? (await listedUntil(this.#store))
    const found = await erasuresSince(this.#pool, new Date(Math.max(0, (listedMs ?? 0) - overlapMs)))
    const more = found.filter((one) => !this.#listed.has(describe(one)))
    // An empty list shows that nothing was erased.
    if (more.length > 0 || listedMs === null) {
      const lastMs = more.reduce((last, { erasedAt }) => Math.max(last, new Date(erasedAt).getTime()), untilMs)
      await storeErasures(this.#store, sealer, lastMs, more)
    }
    this.#sinceMs = untilMs
    this.#listed = new Set(found.map(describe))
  }
}

function describe({ clinicNo, kind, id, erasedAt }: Erased): string {
  return `${clinicNo} ${kind} ${id} ${erasedAt}`
}

/**
 * What a database of this moment has to erase again.
 *
 * @returns null: there is no list. `unusable`: parts of it that can't be read
 * @throws BackupError `wrong_key`, `damaged`
 */
export async function listErasures(
  store: ObjectStore,
  config: Config,
  since: Date,
): Promise<{ erased: Erased[]; unusable: BackupError[] } | null> {
  const keys = await loadReadingKeys(store, backupKeys(config))
  if (keys === null || (await listedUntil(store)) === null) return null
  const { erased, unusable } = await readErasures(store, keys, since)
  return { erased: erased.filter(isErased), unusable }
}

function isErased(value: unknown): value is Erased {
  const { clinicNo, id } = (value ?? {}) as Partial<Erased>
  return typeof clinicNo === 'number' && typeof id === 'string' && isId(id)
}

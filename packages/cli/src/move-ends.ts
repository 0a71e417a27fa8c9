import { directoryNo, type MoveEnd, registeredShardNo } from '@holdfast/engine'
import type { NamedDatabase } from './with-all-databases.ts'

/** The databases between which clinics are moved: those of the settings that were registered. */
export async function moveEnds(directory: NamedDatabase, others: readonly NamedDatabase[]): Promise<MoveEnd[]> {
  const ends = [{ no: directoryNo, name: directory.name, url: directory.url }]
  for (const { name, url } of others) {
    const no = await registeredShardNo(directory.pool, name)
    if (no !== null) ends.push({ no, name, url })
  }
  return ends
}

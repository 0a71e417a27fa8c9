import { clinicNoIn, describeMissing, type MoveEnd, missingShards, registeredEnds } from '@holdfast/engine'
import { CommandRefusal } from './command.ts'
import type { NamedDatabase } from './with-all-databases.ts'

/** What is wrong with a database of the settings that the directory does not know, and what to do. */
export const unregistered = 'the database is in HOLDFAST_SHARDS, but not registered'
export const register = 'start a server, or run holdfast migrate'

/** The databases between which clinics are moved, with a choice among them. */
export type MoveEnds = {
  /** The databases of the settings that were registered, the directory first. */
  all: MoveEnd[]
  /** @throws CommandRefusal for a name of none, with `option`, the part of the command that named it */
  named(name: string, option: string): MoveEnd
}

/**
 * @throws ShardRefused if DATABASE_URL is that of a shard
 * @throws CommandRefusal if HOLDFAST_SHARDS lacks a database: it may have the newest copy of a clinic
 */
export async function moveEnds(directory: NamedDatabase, others: readonly NamedDatabase[]): Promise<MoveEnds> {
  const all = await registeredEnds(directory.pool, directory, others)
  const settings = others.map(({ name }) => name)
  const missing = await missingShards(directory.pool, settings)
  if (missing.length > 0) {
    const list = missing.map(describeMissing).join(', ')
    throw new CommandRefusal(`HOLDFAST_SHARDS lacks ${list}: it may have the clinic as well, so add it`, 2)
  }
  return {
    all,
    named(name, option) {
      const end = all.find((one) => one.name === name)
      if (end !== undefined) return end
      if (settings.includes(name)) {
        throw new CommandRefusal(`${option}: ${unregistered}: ${register}`, 2)
      }
      const names = all.map((one) => one.name).join(', ')
      throw new CommandRefusal(`${option}: there is no database with this name, but ${names}: see HOLDFAST_SHARDS`, 2)
    },
  }
}

/**
 * The number of a clinic.
 *
 * @param text its id, or the number that `holdfast shards clinics` shows
 * @throws CommandRefusal
 */
export function clinicNoOf(text: string): number {
  const clinicNo = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : clinicNoIn(text)
  if (clinicNo === null) throw new CommandRefusal(`${text} is neither the id nor the number of a clinic`, 2)
  return clinicNo
}

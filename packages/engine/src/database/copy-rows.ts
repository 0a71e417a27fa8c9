import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

export type CopiedRows = {
  /** A query of the source. */
  select: string
  /** A table of the target with its columns, as in `insert into`. */
  into: string
}

/**
 * Copies rows from one database to another without holding them in memory.
 *
 * @returns the number of rows
 * @throws Error if fewer were written than read
 */
export async function copyRows(source: pg.Client, target: pg.Client, { select, into }: CopiedRows): Promise<number> {
  const read = Promise.withResolvers<void>()
  // The stream ends at CopyDone. How many rows that were comes after it, maybe in a later packet.
  const reading = source.query(
    Object.assign(copyTo(`copy (${select}) to stdout (format binary)`), { handleReadyForQuery: () => read.resolve() }),
  )
  reading.on('error', read.reject)
  const writing = target.query(copyFrom(`copy ${into} from stdin (format binary)`))
  await Promise.all([pipeline(reading, writing), read.promise])
  if (reading.rowCount === writing.rowCount) return writing.rowCount
  throw new Error(`${into}: ${reading.rowCount} rows were read, and ${writing.rowCount} written`)
}

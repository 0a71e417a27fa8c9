import sql from 'sql-template-tag'
import type { BuilderDatabase } from './builders.ts'

/** The units taken of each of these slots, in their order. */
export async function takenOf(database: BuilderDatabase, ...slots: { id: string }[]): Promise<number[]> {
  const { rows } = await database.ownerPool.query<{ id: string; taken: number }>(sql`
    select id, taken from holdfast.slot where id = any (${slots.map(({ id }) => id)})`)
  return slots.map((slot) => rows.find(({ id }) => id === slot.id)?.taken ?? Number.NaN)
}

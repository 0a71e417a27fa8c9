import sql from 'sql-template-tag'
import type { BuilderDatabase } from './builders.ts'

/** Offers the free places of slots of a clinic to those who wait, as when they all become free. */
export async function offerAsFreed({ ownerPool }: BuilderDatabase, ...slots: { id: string }[]): Promise<void> {
  await ownerPool.query(sql`select holdfast.offer_places(array_agg(holdfast.clinic_no_of(id)), array_agg(id))
      from unnest(${slots.map(({ id }) => id)}::uuid[]) id`)
}

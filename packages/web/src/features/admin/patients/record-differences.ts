import type { PatientRecord } from '@holdfast/contract/client'
import { mergedFields } from '@holdfast/vocabulary'

type Field = (typeof mergedFields)[number]

/** The fields of which one has to be chosen when two records are merged: both have one, and they differ. */
export function differencesOf(one: PatientRecord, other: PatientRecord): Field[] {
  return mergedFields.filter((field) => one[field] !== null && other[field] !== null && one[field] !== other[field])
}

/**
 * The fields that the record that stays gets from the other one.
 *
 * @param chosen the id of the record whose value was chosen, by field; without one, that of the record that stays
 */
export function takenOf(kept: PatientRecord, merged: PatientRecord, chosen: Readonly<Record<string, string>>): Field[] {
  return differencesOf(kept, merged).filter((field) => chosen[field] === merged.id)
}

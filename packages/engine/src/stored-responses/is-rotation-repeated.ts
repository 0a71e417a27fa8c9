import sql, { type Sql } from 'sql-template-tag'

/** A rotation this soon after another is its repetition. */
const repeatedMinutes = 5

/**
 * Whether a rotation of a secret repeats the last one, whose response the caller may have lost. Those who use the
 * secret then still have the one before that rotation. When both were asked for, and not for how long they overlap,
 * decides. A secret that has ended does not become valid again.
 *
 * @param previousUntil the column that says until when the secret before the last rotation is valid
 * @returns a condition about a row with the column `rotated_at`; null is no
 */
export function isRotationRepeated(previousUntil: Sql): Sql {
  return sql`(rotated_at > now() - make_interval(mins => ${repeatedMinutes}) and ${previousUntil} > now())`
}

import { distance } from 'fastest-levenshtein'
import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { rowsOf } from '../database/shard-pools.ts'
import { folded } from '../lists/folded-text.ts'
import { allOf, anyOf, foldedOnce, hasPart, type TextCondition } from '../lists/search-text.ts'
import { foldedTerm, isGeneric, meansSpecialization, meantSpecializations, termWords } from './specialization-terms.ts'

/** More words are searched for as one text only. */
const wordsMax = 8
/** Shorter words are not corrected: too many are alike. */
const correctedLengthMin = 4
/** From this length on, two typing errors are corrected instead of one. */
const twoErrorsLengthMin = 6
const correctionsMax = 5
/** How many doctors and specializations are read: a limit for the work of one search. */
const doctorsReadMax = 10_000
/** Specializations that are read at once. */
export const specializationsMax = 1_000

const text = sql`r.name || ' ' || r.specialization`

/**
 * The condition on a doctor `r` that the search text is part of the name or specialization, or that each of its words
 * is, or means, such as *GP* or *skin*.
 */
export async function searchCondition(pools: readonly pg.Pool[], q: string): Promise<Sql> {
  const words = wordsOf(q)
  // Most texts are names of doctors.
  const specializations = [q, ...words].some(meansSpecialization) ? await specializationNames(pools) : []
  // The text as a whole and its only word are the same condition: it reads every doctor.
  if (words.length === 0 || (words.length === 1 && words[0] === q))
    return foldedOnce(text, hasAnyOf([q], specializations))
  const eachWord = allOf(words.map((word) => hasAnyOf([word], specializations)))
  return foldedOnce(text, anyOf([hasAnyOf([q], specializations), eachWord]))
}

/**
 * The condition for a text that finds nobody: words may have typing errors. null: no word can be corrected.
 *
 * @param others the other conditions of the search; only words of doctors that they allow are offered
 */
export async function correctedCondition(
  pools: readonly pg.Pool[],
  q: string,
  others: readonly Sql[],
): Promise<Sql | null> {
  const words = wordsOf(q)
  if (!words.some((word) => word.length >= correctedLengthMin)) return null
  const [specializations, known] = await Promise.all([
    specializationNames(pools),
    rowsOf(pools, (pool) => knownWords(pool, words, others)),
  ])
  const candidates = [...new Set([...termWords, ...known])].map((one) => ({ one, term: foldedTerm(one) }))
  const corrections = words.map((word) => correctionsOf(word, candidates))
  if (corrections.every((found) => found.length === 0)) return null
  return foldedOnce(
    text,
    allOf(words.map((word, index) => hasAnyOf([word, ...(corrections[index] ?? [])], specializations))),
  )
}

/** The words of a text without those that say nothing; all of them if nothing else is left. */
function wordsOf(q: string): string[] {
  const words = q.split(/[\s,.;:/()-]+/).filter((word) => word !== '')
  const telling = words.filter((word) => !isGeneric(word))
  const wanted = telling.length === 0 ? words : telling
  return wanted.length > wordsMax ? [] : wanted
}

function hasAnyOf(words: readonly string[], specializations: readonly string[]): TextCondition {
  const meant = words.flatMap((word) => meantSpecializations(word, specializations))
  return anyOf([...words.map(hasPart), ...(meant.length === 0 ? [] : [{ onFolded: isOneOf(meant) }])])
}

/** @param candidates known words, and how they are compared: folding them for each word would take most of the time */
function correctionsOf(word: string, candidates: readonly { one: string; term: string }[]): string[] {
  const wanted = foldedTerm(word)
  if (wanted.length < correctedLengthMin) return []
  const errorsMax = wanted.length < twoErrorsLengthMin ? 1 : 2
  const near = candidates
    // The distance is at least the difference of the lengths, and takes longer.
    .filter(({ term }) => Math.abs(term.length - wanted.length) <= errorsMax)
    .map(({ one, term }) => ({ one, errors: distance(wanted, term) }))
    // A word without errors differs by the Arabic article only.
    .filter(({ one, errors }) => one !== word && errors <= errorsMax)
    .sort((a, b) => a.errors - b.errors)
  return near.slice(0, correctionsMax).map(({ one }) => one)
}

/** The words of names and specializations that are about as long as one of `words`. */
async function knownWords(pool: pg.Pool, words: readonly string[], others: readonly Sql[]): Promise<string[]> {
  const lengths = words.map(({ length }) => length)
  const { rows } = await pool.query<{ word: string }>(sql`
    select distinct w.word
      from (select r.* from holdfast.resource r where ${all(others)} limit ${doctorsReadMax}) r
     cross join lateral regexp_split_to_table(${folded(text)}, '[\\s,.;:/()-]+') w(word)
     where length(w.word) between ${Math.min(...lengths) - 2} and ${Math.max(...lengths) + 2}`)
  return rows.map(({ word }) => word)
}

/** All specializations of the directory, as they were written. */
export async function specializationNames(pools: readonly pg.Pool[]): Promise<string[]> {
  const rows = await rowsOf(pools, async (pool) => {
    const found = await pool.query<{ name: string }>(sql`
      select name from holdfast.specialization order by name limit ${specializationsMax}`)
    return found.rows
  })
  const names = rows.map(({ name }) => name)
  return pools.length === 1 ? names : [...new Set(names)].slice(0, specializationsMax)
}

function isOneOf(specializations: readonly string[]): Sql {
  return sql`r.specialization = any(${specializations}::text[])`
}

function all(conditions: readonly Sql[]): Sql {
  return sql`(${join(conditions, ' and ')})`
}

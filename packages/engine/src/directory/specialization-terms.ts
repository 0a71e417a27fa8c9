import { messageLanguages } from '@holdfast/vocabulary'
import { foldedHere } from '../lists/folded-text.ts'
import type { LocalNames } from '../model/doctor.ts'
import { type KnownSpecialization, knownSpecializations } from './known-specializations.ts'

/** Words that say nothing about which doctor is wanted. */
const generic = [
  ...['a', 'an', 'the', 'for', 'doctor', 'doctors', 'dr', 'specialist', 'physician', 'arzt', 'ärztin', 'ärzte'],
  ...['doktor', 'facharzt', 'fachärztin', 'für', 'und', 'praxis', 'طبيب', 'طبيبة', 'دكتور', 'دكتورة', 'أخصائي'],
  ...['i', 'have', 'my', 'in', 'of', 'with', 'pain', 'pains', 'ache', 'sore', 'hurts', 'problem', 'problems'],
  ...['ich', 'habe', 'mein', 'meine', 'im', 'am', 'der', 'die', 'das', 'mit', 'schmerz', 'schmerzen', 'probleme'],
  ...['beschwerden', 'ألم', 'آلام', 'وجع', 'في', 'عندي', 'مشكلة', 'مشاكل'],
]

/** Shorter terms match whole words only: `ent` is not the beginning of a word that is searched for. */
const beginningMin = 4
/** Typing errors in shorter complaints are not corrected: the name *Fisher* does not mean *Fieber*. */
const correctedComplaintMin = 8

/** A text folded as in searches, and without the Arabic article. */
export function foldedTerm(text: string): string {
  return foldedHere(text)
    .replace(/(^|\s)\u0627\u0644(?=\p{L}{2})/gu, '$1')
    .trim()
}

/** A known specialization with all its words folded. */
type Field = { known: KnownSpecialization; names: ReadonlySet<string>; terms: string[]; complaints: string[] }

const fields: readonly Field[] = knownSpecializations.map((known) => ({
  known,
  names: new Set(messageLanguages.flatMap((language) => known[language].map(foldedTerm))),
  terms: known.terms.map(foldedTerm),
  complaints: known.complaints.map(foldedTerm),
}))
const fieldsByName = new Map(fields.flatMap((field) => [...field.names].map((name) => [name, field])))
const foldedGeneric = new Set(generic.map(foldedTerm))

export function isGeneric(word: string): boolean {
  return foldedGeneric.has(foldedTerm(word))
}

/** The single words among all terms, for correcting typing errors. */
export const termWords: readonly string[] = [
  ...new Set([
    ...singleWords(
      fields.flatMap(({ terms }) => terms),
      beginningMin,
    ),
    ...singleWords(
      fields.flatMap(({ complaints }) => complaints),
      correctedComplaintMin,
    ),
  ]),
]

function singleWords(terms: readonly string[], lengthMin: number): string[] {
  return terms.filter((term) => !term.includes(' ') && term.length >= lengthMin)
}

/**
 * A specialization in each language: as it was written in its own, and by the name of the others. null: it is not a
 * known one, and is shown as it was written.
 */
export function localNamesOf(specialization: string): LocalNames | null {
  const written = foldedTerm(specialization)
  const known = fieldsByName.get(written)?.known
  if (known === undefined) return null
  const nameIn = (language: keyof LocalNames) =>
    known[language].some((name) => foldedTerm(name) === written) ? specialization : known[language][0]
  return { en: nameIn('en'), de: nameIn('de'), ar: nameIn('ar') }
}

/** The names in `specializations` that mean the same as `name`, and `name` itself. */
export function sameSpecializations(name: string, specializations: readonly string[]): string[] {
  const field = fieldsByName.get(foldedTerm(name))
  if (field === undefined) return [name]
  return [...new Set([name, ...specializations.filter((one) => field.names.has(foldedTerm(one)))])]
}

/** Whether a word or phrase means any specialization besides those that contain it. */
export function meansSpecialization(text: string): boolean {
  return meantFields(text).length > 0
}

/** The specializations that a word or phrase means besides those that contain it. */
export function meantSpecializations(text: string, specializations: readonly string[]): string[] {
  const meant = specializations.length === 0 ? [] : meantFields(text)
  if (meant.length === 0) return []
  return specializations.filter((specialization) => {
    const name = foldedTerm(specialization)
    return meant.some(({ names, terms }) => names.has(name) || terms.some((term) => hasTerm(name, term)))
  })
}

function meantFields(text: string): Field[] {
  const wanted = foldedTerm(text)
  return fields.filter(
    ({ names, terms, complaints }) =>
      names.has(wanted) ||
      terms.some((term) => isTerm(wanted, term)) ||
      complaints.some((complaint) => wanted === complaint || isBeginning(wanted, complaint)),
  )
}

/** `skin`, `dermatologist` and the beginning `derma` are of the field with `skin` and `dermatolog`. */
function isTerm(wanted: string, term: string): boolean {
  if (wanted === term || isBeginning(wanted, term)) return true
  return term.length >= beginningMin && wanted.startsWith(term) && !wanted.slice(term.length).includes(' ')
}

function isBeginning(wanted: string, term: string): boolean {
  return wanted.length >= beginningMin && term.startsWith(wanted)
}

function hasTerm(name: string, term: string): boolean {
  if (term.includes(' ')) return name.includes(term)
  return name
    .split(/[^\p{L}\p{N}-]+/u)
    .some((word) => (term.length >= beginningMin ? word.startsWith(term) : word === term))
}

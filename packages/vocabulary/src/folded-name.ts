/** Accents, Arabic vowel signs, tatweel, characters that are invisible or change the direction, and apostrophes. */
const leftOut = /[\u0300-\u036f\u064b-\u065f\u0670\u0640\p{Default_Ignorable_Code_Point}'`\u02bc\u2018\u2019]/gu
const betweenWords = /[\s\u2800!-/:-@[-`{-~\u00a1-\u00bf\u060c\u2010-\u2015\u201c-\u201f\u3001\u30fb]+/u

/**
 * Small letters of Latin without a decomposition; alef wasla, alef maksura and teh marbuta, which are often exchanged.
 */
export const exchangedLetters: readonly (readonly [string, string])[] = [
  ['ß', 'ss'],
  ...Array.from(
    'đðłøæœþ\u0671\u0649\u0629',
    (letter, index) => [letter, 'ddloaot\u0627\u064a\u0647'[index] ?? ''] as const,
  ),
]

/** Two letters that are written for one: *Mueller* for *Müller*, *Aagaard* for *Ågård*, *Thor* for *Þór*. */
export const transliterations = [
  ['ae', 'a'],
  ['oe', 'o'],
  ['ue', 'u'],
  ['aa', 'a'],
  ['dj', 'd'],
  ['th', 't'],
] as const

/** In the order of their replacement; the dotless i, and the sigma at the end of a word, have these capitals. */
const replaced = [...exchangedLetters, ['ı', 'i'], ['ς', 'σ'], ...transliterations] as const

/**
 * What two spellings of a person's name have in common: its words, in any order, without case, accents and punctuation.
 * `fold_name.sql` explains the rule, and is the same one: fold-name.test.ts compares the two.
 */
export function foldedName(name: string): string {
  const bare = name.replaceAll('´', '').normalize('NFKD').replaceAll(leftOut, '').toLowerCase()
  const text = replaced.reduce((one, [letters, letter]) => one.replaceAll(letters, letter), bare)
  const words = text.split(betweenWords).filter((word) => word !== '')
  return words.length === 0 ? text : words.sort().join(' ')
}

/** The letters that differ only in their size: of Latin, Greek, Cyrillic and Armenian, as in service_key.sql. */
const ranges = [
  [0x41, 0x5a],
  [0xc0, 0x2_4f],
  [0x3_70, 0x5_2f],
  [0x5_31, 0x5_56],
  [0x1e_00, 0x1f_ff],
] as const

/** What a capital is replaced by, and what letters that have one capital are replaced by. */
function smallLetters(): ReadonlyMap<string, string> {
  const letters = new Map<string, string>()
  for (const [first, last] of ranges) {
    for (let codePoint = first; codePoint <= last; codePoint += 1) {
      const letter = String.fromCodePoint(codePoint)
      letters.set(letter, letter.toLowerCase())
    }
  }
  // İ is i with another dot by Unicode; ς is the sigma at the end of a word.
  return letters.set('İ', 'i').set('ς', 'σ')
}

const letters = smallLetters()

/**
 * Services of a theatre are the same if they differ only in capital letters. `service_key.sql` is the same rule,
 * whatever the locale of the database.
 */
export function serviceKey(service: string): string {
  return Array.from(service, (letter) => letters.get(letter) ?? letter)
    .join('')
    .replaceAll('i\u0307', 'i')
}

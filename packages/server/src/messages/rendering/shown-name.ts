const charactersMax = 60
const digitsMax = 3
/** Parts of addresses and of markup, and a dot inside a word as in a domain. After a dot may be an initial: "J.R." */
const noName = /[@:/\\<>[\]{}|]|www[.．。｡]|\S[.．。｡](?!\p{L}(?![\p{L}\p{M}\p{N}-]))[\p{L}\p{M}\p{N}]/iu

/**
 * A patient's name as mails have it; null: it is left out. Anybody can book with somebody else's address, and must not
 * be able to send them a text or a link from the clinic's domain.
 */
export function shownName(name: string): string | null {
  const text = name.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  // Mail programs and readers see it like this: digits in circles are digits, and U+2024 is a dot.
  const folded = text.normalize('NFKC')
  const digits = folded.match(/\p{N}/gu)?.length ?? 0
  return text === '' || folded.length > charactersMax || digits > digitsMax || noName.test(folded) ? null : text
}

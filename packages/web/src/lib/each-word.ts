/** Letters that accents do not make, and two letters that are written for one, such as *Mueller* for *Müller*. */
const typed = [
  ['ß', 'ss'],
  ['ł', 'l'],
  ['ø', 'o'],
  ['æ', 'a'],
  ['œ', 'o'],
  ['đ', 'd'],
  ['ı', 'i'],
  ['ae', 'a'],
  ['oe', 'o'],
  ['ue', 'u'],
] as const

/** Whether each word of the query is in the text, in any order, whatever its case and accents. */
export function hasEachWord(text: string, query: string): boolean {
  const searched = plain(text)
  return plain(query)
    .split(/[\s,;]+/)
    .every((word) => searched.includes(word))
}

function plain(text: string): string {
  const bare = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return typed.reduce((one, [letters, letter]) => one.replaceAll(letters, letter), bare)
}

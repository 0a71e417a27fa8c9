const lettersMax = 3

/**
 * A procedure's name where a case has no room for it: the initials of its words, or the beginning of an only one. In
 * scripts without capital letters, whose letters would join, with points.
 */
export function shortName(name: string): string {
  const words = name.split(/\s+/).flatMap((word) => word.match(/[\p{L}\p{N}].*/u) ?? [])
  const [only = '', second] = words
  if (second === undefined) return only.length <= lettersMax + 1 ? only : `${only.slice(0, lettersMax)}.`
  const initials = words.slice(0, lettersMax).map((word) => [...word][0] ?? '')
  const capitals = initials.map((letter) => letter.toLocaleUpperCase())
  return capitals.join(/\p{Lo}/u.test(initials.join('')) ? '.' : '')
}

/** How much room the name needs so that none of its words is broken; undefined: more than a short case may have. */
export function widthOfWords(name: string): 'little' | 'some' | undefined {
  const longest = Math.max(...name.split(/\s+/).map((word) => word.length))
  return longest <= 6 ? 'little' : longest <= 8 ? 'some' : undefined
}

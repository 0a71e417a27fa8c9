const titles = /^(dr|prof|mr|mrs|ms|د)\.?$/i

/** Two letters for an avatar: of the first and the last name, without titles. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '' && !titles.test(word))
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words
  return letters.map((word) => [...(word ?? '')][0]?.toLocaleUpperCase() ?? '').join('')
}

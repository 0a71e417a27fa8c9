/** An entry of the command menu. `href`: where it leads; `about`: such as the clinic whose page it is. */
export type Command = { label: string; about: string | null; href: string }

/** Whether each word of the query is in the command's texts, whatever its case and accents. */
export function matches({ label, about }: Command, query: string): boolean {
  const text = plain(`${label} ${about ?? ''}`)
  return plain(query)
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

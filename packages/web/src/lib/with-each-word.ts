import type { ComboboxParsedItem } from '@mantine/core'
import { hasEachWord } from './each-word.ts'

/**
 * The `filter` of a searchable selection. Mantine's own finds parts of texts only as they are written. It is not in the
 * theme, because the patients' pages, which have no such selection, would load it first.
 */
export function withEachWord({
  options,
  search,
}: {
  options: ComboboxParsedItem[]
  search: string
}): ComboboxParsedItem[] {
  return options.flatMap((option): ComboboxParsedItem[] => {
    if (!('group' in option)) return hasEachWord(option.label, search) ? [option] : []
    const items = option.items.filter(({ label }) => hasEachWord(label, search))
    return items.length === 0 ? [] : [{ group: option.group, items }]
  })
}

/**
 * `from`: the first day shown, YYYY-MM-DD. `type`: the appointment type, where the doctor offers several. `slot`: the
 * id of the time that a link in an e-mail is about.
 */
export type WeekSearch = { from?: string; type?: 'in_person' | 'video'; slot?: string }

export function parseWeekSearch(search: Record<string, unknown>): WeekSearch {
  const { from, type, slot } = search
  return {
    ...(typeof from === 'string' && isDate(from) ? { from } : {}),
    ...(type === 'in_person' || type === 'video' ? { type } : {}),
    ...(typeof slot === 'string' ? { slot } : {}),
  }
}

function isDate(text: string): boolean {
  return /^(19|20|21)\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}

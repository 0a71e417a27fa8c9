/** `from`: the first day shown, YYYY-MM-DD. `type`: the appointment type, where the doctor offers several. */
export type WeekSearch = { from?: string; type?: 'in_person' | 'video' }

export function parseWeekSearch(search: Record<string, unknown>): WeekSearch {
  const { from, type } = search
  return {
    ...(typeof from === 'string' && isDate(from) ? { from } : {}),
    ...(type === 'in_person' || type === 'video' ? { type } : {}),
  }
}

function isDate(text: string): boolean {
  return /^(19|20|21)\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}

/** `from`: any day of the week shown, YYYY-MM-DD. `slot`: the time that was asked for, `again` after its hold lapsed. */
export type WeekSearch = { from?: string }

export function parseWeekSearch(search: Record<string, unknown>): WeekSearch {
  const { from } = search
  return typeof from === 'string' && isDate(from) ? { from } : {}
}

function isDate(text: string): boolean {
  return /^(19|20|21)\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}

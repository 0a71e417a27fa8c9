import { withDigits } from './search-text.ts'

/** `1980-05-03`, `3.5.1980`, `3/5/1980` or `5/3/1980`: the last two may be the same day. */
const datePattern = /(?<![\d.\-/])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})([./])(\d{1,2})\5(\d{4}))(?![\d.\-/])/g

/**
 * The days that a search names, each as all that it may mean, `YYYY-MM-DD`; and the rest of the search. What is no day
 * of the calendar stays in it.
 */
export function soughtDates(q: string): { days: string[][]; rest: string } {
  const days: string[][] = []
  const rest = withDigits(q).replaceAll(datePattern, (text, ...groups: (string | undefined)[]) => {
    const [year, month, day, first, separator, second, lastYear] = groups
    const meant =
      year !== undefined
        ? [dayOf(year, month, day)]
        : [dayOf(lastYear, second, first), ...(separator === '/' ? [dayOf(lastYear, first, second)] : [])]
    const valid = [...new Set(meant.filter((one) => one !== null))]
    if (valid.length === 0) return text
    days.push(valid)
    return ' '
  })
  return { days, rest: rest.trim() }
}

function dayOf(year: string | undefined, month: string | undefined, day: string | undefined): string | null {
  try {
    const fields = { year: Number(year), month: Number(month), day: Number(day) }
    return Temporal.PlainDate.from(fields, { overflow: 'reject' }).toString()
  } catch {
    return null
  }
}

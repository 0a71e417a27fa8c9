import { noteServerTime } from './server-clock.ts'

/** How far this page has read the log: the newest position any answer or live message told. */
let newest: bigint | null = null

/** Takes note of a position (a decimal number as text); an older one changes nothing. */
export function notePosition(position: string | null): void {
  if (position === null || !/^\d{1,20}$/.test(position)) return
  const told = BigInt(position)
  if (newest === null || told > newest) newest = told
}

/** The global fetch, with `Holdfast-Position`: after one's own write, or a live change, nothing older is ever answered. */
export const positionFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  if (newest !== null && request.method === 'GET') request.headers.set('Holdfast-Position', newest.toString())
  const askedAt = performance.now()
  const response = await fetch(request)
  noteServerTime(response.headers.get('Date'), askedAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}

/** A request sent by index.html before the program was loaded. `sentAt`: `performance.now()` then. */
export type EarlyResponse = { sentAt: number; response: Promise<Response> }

declare global {
  interface Window {
    /** The early responses by URL, filled by the script in index.html. */
    holdfastEarly?: Map<string, EarlyResponse>
    /** Where some requests depend on the responses to others: when all of them are sent, or are not going to be. */
    holdfastEarlySent?: Promise<void>
  }
}

/** Wait for it before a request that index.html may be about to send, or it is sent twice. */
export async function earlyRequestsSent(): Promise<void> {
  await window.holdfastEarlySent
}

/** What nobody has taken by then is of another page than the one that was opened, and outdated. */
const staleMs = 30_000

/** The response to a request that index.html has sent already; undefined if there is none. Each is returned once. */
export function takeEarlyResponse(request: Request): EarlyResponse | undefined {
  // Requests with credentials get their own response.
  if (request.method !== 'GET' || request.headers.has('Authorization')) return undefined
  const { origin } = window.location
  const address = request.url.startsWith(origin) ? request.url.slice(origin.length) : request.url
  const early = window.holdfastEarly?.get(address)
  window.holdfastEarly?.delete(address)
  return early === undefined || performance.now() - early.sentAt > staleMs ? undefined : early
}

/** An answer that was asked for before the program was there. `askedAt`: `performance.now()` then. */
export type EarlyResponse = { askedAt: number; answer: Promise<Response> }

declare global {
  interface Window {
    /** By address, as the script in index.html put them there. */
    holdfastEarly?: Map<string, EarlyResponse>
  }
}

/** What index.html asked for already, once; undefined: nothing, or not this. */
export function takeEarlyResponse(request: Request): EarlyResponse | undefined {
  // Whoever says who they are asks for themselves.
  if (request.method !== 'GET' || request.headers.has('Authorization')) return undefined
  const { origin } = window.location
  const address = request.url.startsWith(origin) ? request.url.slice(origin.length) : request.url
  const early = window.holdfastEarly?.get(address)
  window.holdfastEarly?.delete(address)
  return early
}

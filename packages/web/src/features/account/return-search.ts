export type ReturnSearch = { to?: string }

/** Where to go after signing in: a path of this site, never another site (`//evil.example` is one). */
export function parseReturnSearch(search: Record<string, unknown>): ReturnSearch {
  const { to } = search
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { to } : {}
}

import { hash } from 'node:crypto'

/** A weak entity tag of a text: weak, because it does not cover the time that a body may carry (RFC 9110 §8.8.1). */
export function weakEntityTag(text: string): string {
  return `W/"${hash('sha1', text, 'base64url')}"`
}

/** Whether an If-None-Match header names this tag, by the weak comparison (RFC 9110 §13.1.2). */
export function matchesEntityTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = tag.replace(/^W\//, '')
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === opaque)
}

import { takeOptions } from '../src/database/database-url.ts'

/** Two nodes in one server: sessions of the second one have a setting. */
export function atSecondNode(url: string): string {
  const { options, rest } = takeOptions(url)
  const both = encodeURIComponent(`${options ?? ''} -c test.node=second`)
  return `${rest}${rest.includes('?') ? '&' : '?'}options=${both}`
}

import { parseDay } from './local-time.ts'

/**
 * The days of these names in an address, for `validateSearch`. One that is not valid is undefined, and not left out:
 * the router adds to a search what the address has besides.
 */
export function searchedDays<Name extends string>(
  raw: Record<string, unknown>,
  ...names: Name[]
): { [Key in Name]?: string } {
  const days = names.map((name) => [name, parseDay(raw[name]) ?? undefined])
  return Object.fromEntries(days) as { [Key in Name]?: string }
}

/**
 * Services of a theatre are the same if they differ only in capital letters. `are_same_service.sql` is the same rule,
 * whatever the locale of the database. İ is i with another dot by Unicode, and ς the sigma at the end of a word.
 */
export function serviceKey(service: string): string {
  return service.toLowerCase().replaceAll('i\u0307', 'i').replaceAll('ς', 'σ')
}

/**
 * Services of a theatre are the same if they differ only in capital letters. `block_is_for.sql` says the same, in a
 * database whose locale is C for ASCII letters only.
 */
export function serviceKey(service: string): string {
  return service.toLowerCase()
}

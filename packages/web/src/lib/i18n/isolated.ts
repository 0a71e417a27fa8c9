/** Text in a sentence whose direction may be another: a name, an address. It does not change the order around it. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`
}

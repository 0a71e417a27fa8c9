/** The address of a link that calls the number: `+44 1632 960 471` as `tel:+441632960471`. */
export function callAddress(phone: string): string {
  return `tel:${phone.replaceAll(/[^+\d]/g, '')}`
}

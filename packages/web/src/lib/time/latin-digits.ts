/** What somebody typed, without marks of its direction, and with 0–9 for Arabic digits. */
export function latinDigits(text: string): string {
  return text
    .replace(/[\u200e\u200f\u2066-\u2069]/g, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) % 16))
}

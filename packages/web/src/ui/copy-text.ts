/** Copies a text. @returns false if copying is not permitted, or not available over plain HTTP */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

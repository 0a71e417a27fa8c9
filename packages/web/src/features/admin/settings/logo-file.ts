import { logoLimits } from '@holdfast/vocabulary'

export const logoTypes = ['image/png', 'image/jpeg', 'image/webp']

export type LogoProblem = 'wrongType' | 'tooLarge' | 'tooManyPixels' | 'unreadable'

/** What the server would refuse, found before the upload; null: nothing. The server looks at the content. */
export async function problemOfLogo(file: File): Promise<LogoProblem | null> {
  if (!logoTypes.includes(file.type)) return 'wrongType'
  if (file.size > logoLimits.bytesMax) return 'tooLarge'
  try {
    const image = await createImageBitmap(file)
    const { width, height } = image
    image.close()
    return width > logoLimits.pixelsMax || height > logoLimits.pixelsMax ? 'tooManyPixels' : null
  } catch {
    return 'unreadable'
  }
}

export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

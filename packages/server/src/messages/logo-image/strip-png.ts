import { crc32 } from 'node:zlib'
import { refuseTurned } from './exif-orientation.ts'
import { incomplete, type StrippedImage, severalPictures } from './stripped-image.ts'

/** The pixels, and their colours. Not in it: texts, times, Exif, previews, frames of animations. */
const needed = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'pHYs'])

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

export function isPng(file: Buffer): boolean {
  return file.subarray(0, signature.length).equals(signature)
}

/** A PNG (W3C, third edition) without the chunks that the picture does not need. @throws UnreadableImage */
export function stripPng(file: Buffer): StrippedImage {
  const parts: Buffer[] = [signature]
  const types: string[] = []
  for (let at = signature.length; types.at(-1) !== 'IEND'; ) {
    // Length, type, data, checksum of type and data.
    if (at + 12 > file.length) throw incomplete()
    const end = at + 12 + file.readUInt32BE(at)
    if (end > file.length || file.readUInt32BE(end - 4) !== crc32(file.subarray(at + 4, end - 4))) throw incomplete()
    const type = file.toString('latin1', at + 4, at + 8)
    if (type === 'IHDR' && types.includes(type)) throw severalPictures()
    if (type === 'eXIf') refuseTurned(file.subarray(at + 8, end - 4))
    if (needed.has(type)) parts.push(file.subarray(at, end))
    types.push(type)
    at = end
  }
  const [header] = parts.slice(1)
  if (types[0] !== 'IHDR' || header?.length !== 25 || !types.includes('IDAT')) throw incomplete()
  return { width: header.readUInt32BE(8), height: header.readUInt32BE(12), image: Buffer.concat(parts) }
}

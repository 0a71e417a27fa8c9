import { refuseTurned } from './exif-orientation.ts'
import { incomplete, type StrippedImage, severalPictures, UnreadableImage } from './stripped-image.ts'

/** The pixels, their transparency and colours. */
const needed = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ICCP'])
/** The flags of VP8X that say that the file has a chunk EXIF or XMP. */
const metadataFlags = 0x0c

export function isWebp(file: Buffer): boolean {
  return file.toString('latin1', 0, 4) === 'RIFF' && file.toString('latin1', 8, 12) === 'WEBP'
}

/** A WebP (RFC 9649) without Exif, XMP, and what follows its end. @throws UnreadableImage */
export function stripWebp(file: Buffer): StrippedImage {
  if (file.length < 20) throw incomplete()
  const fileEnd = 8 + file.readUInt32LE(4)
  if (fileEnd > file.length) throw incomplete()
  const parts: Buffer[] = []
  let size: Pick<StrippedImage, 'width' | 'height'> | null = null
  for (let at = 12; at + 8 <= fileEnd; ) {
    const type = file.toString('latin1', at, at + 4)
    const length = file.readUInt32LE(at + 4)
    // Chunks begin at even positions.
    const end = at + 8 + length + (length % 2)
    if (end > fileEnd) throw incomplete()
    if (type === 'ANIM' || type === 'ANMF') throw new UnreadableImage('is an animation')
    const chunk = Buffer.from(file.subarray(at, end))
    if (type === 'VP8X' && chunk.length < 18) throw incomplete()
    if (type === 'VP8X') chunk.writeUInt8((chunk[8] ?? 0) & ~metadataFlags, 8)
    if (type === 'EXIF') refuseTurned(chunk.subarray(8))
    if (type === 'VP8 ' || type === 'VP8L') {
      if (size !== null) throw severalPictures()
      size = type === 'VP8L' ? losslessSize(chunk) : lossySize(chunk)
    }
    if (needed.has(type)) parts.push(chunk)
    at = end
  }
  if (size === null) throw incomplete()
  const body = Buffer.concat(parts)
  const header = Buffer.from(file.subarray(0, 12))
  header.writeUInt32LE(4 + body.length, 4)
  return { ...size, image: Buffer.concat([header, body]) }
}

function lossySize(chunk: Buffer) {
  if (chunk.length < 18 || chunk.readUIntBE(11, 3) !== 0x9d012a) throw incomplete()
  return { width: chunk.readUInt16LE(14) & 0x3fff, height: chunk.readUInt16LE(16) & 0x3fff }
}

function losslessSize(chunk: Buffer) {
  if (chunk.length < 13 || chunk[8] !== 0x2f) throw incomplete()
  const bits = chunk.readUInt32LE(9)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

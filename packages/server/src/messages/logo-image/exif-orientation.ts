import { UnreadableImage } from './stripped-image.ts'

const name = Buffer.from('Exif\0\0', 'latin1')
const orientationTag = 0x0112
const entryLength = 12

/**
 * Refuses a picture that its Exif data turns or mirrors: without them, it would be shown as the camera stored it. Other
 * values than 1 to 8 have no meaning, and data that cannot be read turn nothing.
 *
 * @param data a TIFF header (Exif 3.0, 4.5) with the name *Exif* before it, or without
 * @throws UnreadableImage
 */
export function refuseTurned(data: Buffer): void {
  const orientation = orientationOf(data.subarray(0, name.length).equals(name) ? data.subarray(name.length) : data)
  if (orientation === null || orientation < 2 || orientation > 8) return
  throw new UnreadableImage('is turned by its Exif data, which is not kept: save it again as PNG')
}

/** null: not said in the first directory. */
function orientationOf(tiff: Buffer): number | null {
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return null
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (directory + 2 > tiff.length) return null
  const entries = directory + 2
  const end = Math.min(entries + short(directory) * entryLength, tiff.length)
  for (let at = entries; at + entryLength <= end; at += entryLength) {
    if (short(at) === orientationTag) return short(at + 8)
  }
  return null
}

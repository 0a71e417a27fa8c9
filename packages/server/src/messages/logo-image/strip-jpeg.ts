import { refuseTurned } from './exif-orientation.ts'
import { incomplete, type StrippedImage, severalPictures, UnreadableImage } from './stripped-image.ts'

const marker = { start: 0xd8, end: 0xd9, scan: 0xda, comment: 0xfe, jfif: 0xe0, exif: 0xe1, icc: 0xe2, adobe: 0xee }
const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7
const isApplication = (code: number) => code >= 0xe0 && code <= 0xef
/** Baseline, extended and progressive: what browsers and mail programs read. */
const readFrames = new Set([0xc0, 0xc1, 0xc2])
/** DHT, JPG and DAC are in the range of frames, and are none. */
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)

export function isJpeg(file: Buffer): boolean {
  return file.length > 3 && file.readUIntBE(0, 3) === 0xffd8ff
}

/** A JPEG (ITU T.81) without Exif, XMP, comments, previews, and what follows its end. @throws UnreadableImage */
export function stripJpeg(file: Buffer): StrippedImage {
  const parts = [file.subarray(0, 2)]
  let size: Pick<StrippedImage, 'width' | 'height'> | null = null
  let at = 2
  for (;;) {
    at = markerAt(file, at)
    const code = file[at + 1] ?? 0
    if (code === marker.end) break
    if (at + 4 > file.length) throw incomplete()
    let end = at + 2 + file.readUInt16BE(at + 2)
    if (end > file.length || end < at + 4) throw incomplete()
    const segment = file.subarray(at, end)
    if (isFrame(code)) {
      if (size !== null) throw severalPictures()
      size = sizeOf(code, segment)
    }
    if (code === marker.exif) refuseTurned(segment.subarray(4))
    if (code === marker.scan) {
      if (size === null) throw incomplete()
      end = endOfScan(file, end)
    }
    const kept = isApplication(code) || code === marker.comment ? keptOf(code, segment) : file.subarray(at, end)
    if (kept !== null) parts.push(kept)
    at = end
  }
  if (size === null || (parts.at(-1)?.[1] ?? 0) !== marker.scan) throw incomplete()
  return { ...size, image: Buffer.concat([...parts, Buffer.from([0xff, marker.end])]) }
}

/** The next marker: 0xff, which may be repeated, and its code. */
function markerAt(file: Buffer, from: number): number {
  let at = from
  while (file[at] === 0xff && file[at + 1] === 0xff) at += 1
  if (file[at] !== 0xff || at + 1 >= file.length) throw incomplete()
  return at
}

function sizeOf(code: number, segment: Buffer) {
  if (!readFrames.has(code)) throw new UnreadableImage('is a JPEG of a rare kind: save it as a usual one, or as PNG')
  if (segment.length < 9) throw incomplete()
  return { width: segment.readUInt16BE(7), height: segment.readUInt16BE(5) }
}

/** Where the next marker is that is not part of the scan's data. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at + 2)) {
    const code = file[at + 1] ?? 0
    if (code === 0xff) return at
    if (code !== 0 && !isRestart(code)) return at
  }
  throw incomplete()
}

/** What the picture needs of a segment for programs; null: nothing. */
function keptOf(code: number, segment: Buffer): Buffer | null {
  const startsWith = (name: string) => segment.toString('latin1', 4, 4 + name.length) === name
  if (code === marker.icc) return startsWith('ICC_PROFILE\0') ? segment : null
  if (code === marker.adobe) return startsWith('Adobe') ? segment : null
  if (code !== marker.jfif || !startsWith('JFIF\0') || segment.length < 18) return null
  // The preview is left out: it may show more than the picture.
  const header = Buffer.from(segment.subarray(0, 18))
  header.writeUInt16BE(16, 2)
  header.writeUInt16BE(0, 16)
  return header
}

import { crc32 } from 'node:zlib'
import { aPng } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { readLogoImage } from './read-logo-image.ts'

const secret = 'Ada, 52.5N 13.4E'

/** A segment of a JPEG: its length includes its two bytes. */
function segment(code: number, data: Buffer | string): Buffer {
  const bytes = Buffer.from(data)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length + 2)
  return Buffer.concat([Buffer.from([0xff, code]), length, bytes])
}

const frame = (code: number, width: number, height: number) =>
  segment(code, Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]))
const scan = Buffer.concat([segment(0xda, '\x01\x01\x00\x00\x3f\x00'), Buffer.from([1, 0xff, 0, 2, 0xff, 0xd0, 3])])
const profile = segment(0xe2, 'ICC_PROFILE\0a profile')
const end = Buffer.from([0xff, 0xd9])

/** Exif with the orientation alone, in the byte order of a camera. */
function exif(orientation: number, order: 'II' | 'MM' = 'MM'): Buffer {
  const big = [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
  const little = [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
  return Buffer.concat([Buffer.from(order), Buffer.from(order === 'MM' ? big : little)])
}

/** Two scans, as progressive ones have, and everything that may say something beside the picture. */
function aJpeg({ width = 30, height = 20, code = 0xc2, orientation = 1, after = secret } = {}): Buffer {
  const preview = Buffer.from(`JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02${secret}`)
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, preview),
    segment(0xe0, `JFXX\0${secret}`),
    segment(0xe1, `Exif\0\0${secret}`),
    segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation), Buffer.from(secret)])),
    segment(0xe1, `http://ns.adobe.com/xap/1.0/\0${secret}`),
    segment(0xe2, `MPF\0${secret}`),
    segment(0xed, `Photoshop 3.0\0${secret}`),
    segment(0xfe, secret),
    profile,
    segment(0xdb, 'a table'),
    frame(code, width, height),
    scan,
    segment(0xc4, 'a table'),
    segment(0xe1, `Exif\0\0${secret}`),
    scan,
    end,
    Buffer.from(after),
  ])
}

function chunk(type: string, data: Buffer | string): Buffer {
  const bytes = Buffer.from(data)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([Buffer.from(type), length, bytes, Buffer.alloc(bytes.length % 2)])
}

function aWebp(chunks: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF'), length, body])
}

const lossy = (width: number, height: number) =>
  chunk('VP8 ', Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, width & 255, width >> 8, height & 255, height >> 8, 7]))
/** 300 × 5 */
const lossless = chunk('VP8L', Buffer.from([0x2f, 0x2b, 0x01, 0x01, 0x00, 7]))
const extended = (flags: number) => chunk('VP8X', Buffer.from([flags, 0, 0, 0, 39, 0, 0, 9, 0, 0]))

describe('what is beside the picture is removed, and the picture stays', () => {
  test('of a PNG', () => {
    const logo = readLogoImage(aPng({ width: 40, height: 10 }, [secret]))
    expect(logo).toMatchObject({ mediaType: 'image/png', width: 40, height: 10 })
    expect(logo.image).toEqual(aPng({ width: 40, height: 10 }))
    expect(readLogoImage(Buffer.concat([aPng(), Buffer.from(secret)])).image).toEqual(aPng())
  })

  test('of a JPEG', () => {
    const logo = readLogoImage(aJpeg())
    expect(logo).toMatchObject({ mediaType: 'image/jpeg', width: 30, height: 20 })
    expect(logo.image.includes(secret)).toBe(false)
    const header = segment(0xe0, 'JFIF\0\x01\x01\0\0\x01\0\x01\0\0')
    const [start, table] = [Buffer.from([0xff, 0xd8]), segment(0xdb, 'a table')]
    const rest = [frame(0xc2, 30, 20), scan, segment(0xc4, 'a table'), scan, end]
    expect(logo.image).toEqual(Buffer.concat([start, header, profile, table, ...rest]))
  })

  test('of a WebP', () => {
    const metadata = [chunk('EXIF', `${secret}!`), chunk('XMP ', secret), chunk('odd!', secret)]
    const logo = readLogoImage(aWebp([extended(0x3c), chunk('ICCP', 'profile'), lossy(40, 10), ...metadata]))
    expect(logo).toMatchObject({ mediaType: 'image/webp', width: 40, height: 10 })
    expect(logo.image).toEqual(aWebp([extended(0x30), chunk('ICCP', 'profile'), lossy(40, 10)]))
    expect(readLogoImage(aWebp([lossless]))).toMatchObject({ width: 300, height: 5 })
  })
})

test('the digest is that of the image, whatever was beside it', () => {
  const { digest } = readLogoImage(aPng())
  expect(digest).toMatch(/^[\w-]{43}$/)
  expect(readLogoImage(aPng({}, [secret])).digest).toBe(digest)
  expect(readLogoImage(aPng({ width: 9 })).digest).not.toBe(digest)
})

const notAnImage = 'must be a PNG, JPEG or WebP image'
const damaged = 'is damaged or not complete'
const several = 'has more than one picture'
const turned = 'is turned by its Exif data, which is not kept: save it again as PNG'
const twoFrames = (first: number, second: number) =>
  Buffer.concat([aJpeg().subarray(0, 2), frame(0xc0, first, first), frame(0xc0, second, second), scan, end])
/** A PNG with one chunk more before its end. */
function pngWith(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(Buffer.concat([Buffer.from(type), data])))
  const added = Buffer.concat([length, Buffer.from(type), data, checksum])
  return Buffer.concat([aPng().subarray(0, -12), added, aPng().subarray(-12)])
}
const wrongChecksum = aPng()
wrongChecksum.writeUInt8(1, 20)

test.each([
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), notAnImage],
  ['a page that is named as an image', Buffer.from('<!doctype html><script>alert(1)</script>'), notAnImage],
  ['a GIF', Buffer.from('GIF89a\x01\0\x01\0\0\0\0', 'latin1'), notAnImage],
  ['nothing', Buffer.alloc(0), notAnImage],
  ['a PNG that ends early', aPng().subarray(0, -12), damaged],
  ['the start of a PNG', aPng().subarray(0, 8), damaged],
  ['a PNG with a wrong checksum', wrongChecksum, damaged],
  ['a JPEG that ends early', aJpeg({ after: '' }).subarray(0, -2), damaged],
  ['the start of a JPEG', aJpeg().subarray(0, 4), damaged],
  ['a JPEG without a scan', Buffer.concat([aJpeg().subarray(0, 2), frame(0xc0, 3, 3), end]), damaged],
  ['a JPEG with a small frame after a huge one', twoFrames(65_500, 10), several],
  ['a JPEG with a huge frame after a small one', twoFrames(10, 65_500), several],
  ['a turned JPEG', aJpeg({ orientation: 6 }), turned],
  ['a mirrored JPEG', aJpeg({ orientation: 2 }), turned],
  ['a JPEG without a size', Buffer.concat([aJpeg().subarray(0, 2), scan, end]), damaged],
  ['a lossless JPEG', aJpeg({ code: 0xc3 }), 'is a JPEG of a rare kind: save it as a usual one, or as PNG'],
  ['a WebP that ends early', aWebp([lossy(4, 4)]).subarray(0, -1), damaged],
  ['a WebP without a picture', aWebp([extended(0), chunk('EXIF', secret)]), damaged],
  ['a WebP with a small picture after a huge one', aWebp([lossy(9_000, 9_000), lossy(10, 10)]), several],
  ['a WebP with a second picture of the other kind', aWebp([lossless, lossy(10, 10)]), several],
  ['a turned WebP', aWebp([extended(8), lossy(40, 10), chunk('EXIF', exif(8, 'II'))]), turned],
  [
    'a turned WebP with the name before',
    aWebp([lossy(4, 4), chunk('EXIF', Buffer.concat([Buffer.from('Exif\0\0'), exif(3)]))]),
    turned,
  ],
  ['a turned PNG', pngWith('eXIf', exif(3, 'II')), turned],
  ['a PNG with a second header', pngWith('IHDR', aPng().subarray(16, 29)), several],
  ['an animation', aWebp([extended(2), chunk('ANIM', '123456')]), 'is an animation'],
  ['an image without pixels', aJpeg({ width: 0 }), 'has no pixels'],
  ['one that is too wide', aJpeg({ width: 1201 }), 'has 1201 × 20 pixels; at most 1200 a side are allowed'],
  ['one that is too high', aJpeg({ height: 4000 }), 'has 30 × 4000 pixels; at most 1200 a side are allowed'],
  ['a file that is too large', aJpeg({ after: 'x'.repeat(204_800) }), 'is larger than 200 KB'],
])('refused: %s', (_what, file, message) => {
  expect(() => readLogoImage(file)).toThrow(message)
})

test.each([0, 1, 9, 255])('an orientation of %d turns nothing: the image is read', (orientation) => {
  expect(readLogoImage(aJpeg({ orientation }))).toMatchObject({ width: 30, height: 20 })
  expect(readLogoImage(pngWith('eXIf', exif(orientation))).image).toEqual(aPng())
})

test('no file makes it fail in another way, or read for long', () => {
  const files = [aPng({}, [secret]), aJpeg(), aWebp([extended(0x3c), lossy(40, 10), chunk('EXIF', secret)])]
  for (const file of files) {
    for (let at = 0; at < file.length; at += 1) {
      for (const byte of [0x00, 0x7f, 0xff]) {
        const changed = Buffer.from(file)
        changed.writeUInt8(byte, at)
        try {
          readLogoImage(changed)
        } catch (error) {
          expect(Object(error).constructor.name, `${at} of ${file.length}: ${error}`).toBe('UnreadableImage')
        }
      }
    }
  }
})

import { hash } from 'node:crypto'
import type { ClinicLogo } from '@holdfast/engine'
import { logoLimits } from '@holdfast/vocabulary'
import { isJpeg, stripJpeg } from './strip-jpeg.ts'
import { isPng, stripPng } from './strip-png.ts'
import { isWebp, stripWebp } from './strip-webp.ts'
import { type StrippedImage, UnreadableImage } from './stripped-image.ts'

/**
 * An uploaded logo, by its content, without what may be private: places and times of photographs, names, previews. The
 * pixels are not decoded. SVG is not read: it may contain scripts.
 *
 * @throws UnreadableImage
 */
export function readLogoImage(file: Buffer): ClinicLogo {
  if (file.length > logoLimits.bytesMax) throw new UnreadableImage(`is larger than ${logoLimits.bytesMax / 1024} KB`)
  const { mediaType, stripped } = strip(file)
  const { width, height, image } = stripped
  if (width < 1 || height < 1) throw new UnreadableImage('has no pixels')
  if (width > logoLimits.pixelsMax || height > logoLimits.pixelsMax) {
    throw new UnreadableImage(`has ${width} × ${height} pixels; at most ${logoLimits.pixelsMax} a side are allowed`)
  }
  return { mediaType, width, height, image, digest: hash('sha256', image, 'base64url') }
}

function strip(file: Buffer): { mediaType: ClinicLogo['mediaType']; stripped: StrippedImage } {
  if (isPng(file)) return { mediaType: 'image/png', stripped: stripPng(file) }
  if (isJpeg(file)) return { mediaType: 'image/jpeg', stripped: stripJpeg(file) }
  if (isWebp(file)) return { mediaType: 'image/webp', stripped: stripWebp(file) }
  throw new UnreadableImage('must be a PNG, JPEG or WebP image')
}

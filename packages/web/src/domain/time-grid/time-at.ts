import type { Span } from './span.ts'

/** Where time goes in a track: along the lines of text, from the right in Arabic, or down the page. */
export type Axis = 'inline' | 'block'

type Pointer = { clientX: number; clientY: number }

/** The instant at a pointer’s place in a track. */
export function timeAt(track: Element, { clientX, clientY }: Pointer, shown: Span, axis: Axis): number {
  const { left, right, top, width, height } = track.getBoundingClientRect()
  const inline = (document.documentElement.dir === 'rtl' ? right - clientX : clientX - left) / width
  const share = axis === 'inline' ? inline : (clientY - top) / height
  return shown.from + share * (shown.to - shown.from)
}

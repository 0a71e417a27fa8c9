import type { Span } from './board-layout.ts'

/** The instant at a pointer’s place in a track, which begins at the right in Arabic. */
export function timeAt(track: Element, clientX: number, shown: Span): number {
  const { left, right, width } = track.getBoundingClientRect()
  const share = (document.documentElement.dir === 'rtl' ? right - clientX : clientX - left) / width
  return shown.from + share * (shown.to - shown.from)
}

import { type RefObject, useLayoutEffect, useRef } from 'react'
import { useBoard } from './board-context.ts'
import { firstInSight } from './board-layout.ts'

/** When a day is opened and its hours do not all fit, they are scrolled to now, or to where the day begins. */
export function useFirstScroll(): RefObject<HTMLElement | null> {
  const ref = useRef<HTMLElement>(null)
  const { board, day, shown, now } = useBoard()
  const scrolledDay = useRef<string | null>(null)
  const isOfDay = board.from === day
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null || !isOfDay || scrolledDay.current === day) return
    scrolledDay.current = day
    // The names of the rooms do not scroll.
    const roomsPixels = element.querySelector<HTMLElement>('[data-corner]')?.offsetWidth ?? 0
    const share = (firstInSight(board, shown, now) - shown.from) / (shown.to - shown.from)
    const pixels = share * (element.scrollWidth - roomsPixels)
    element.scrollLeft = document.documentElement.dir === 'rtl' ? -pixels : pixels
  })
  return ref
}

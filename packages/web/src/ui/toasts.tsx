import { Notifications } from '@mantine/notifications'
import { useEffect, useRef } from 'react'
import classes from './toasts.module.css'

/**
 * The messages of `toast.ts`, in a strip along the lower edge of the window, as wide as that. It takes its height from
 * the page, which ends above it and can be scrolled as far; dialogs, and what has the focus, are above it.
 */
export function Toasts() {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const strip = ref.current
    if (strip === null) return
    // A scrolled page is at whole pixels, and the strip may be a part of one higher than its height says.
    const observer = new ResizeObserver(() => reserve(strip.offsetHeight === 0 ? 0 : strip.offsetHeight + 1))
    observer.observe(strip)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={ref} className={`${classes.strip} no-print`} data-toasts>
      <Notifications
        position="bottom-center"
        withinPortal={false}
        limit={2}
        // It would move what is above it in steps.
        transitionDuration={1}
      />
    </div>
  )
}

function reserve(pixels: number): void {
  document.documentElement.style.setProperty('--toasts-height', `${pixels}px`)
  const focused = document.activeElement
  if (pixels === 0 || !(focused instanceof HTMLElement)) return
  // With the row that it is in, which says whose it is.
  const kept = focused.closest('tr, li') ?? focused
  const { top, bottom, height } = kept.getBoundingClientRect()
  const isInTheWay = top < window.innerHeight && bottom > window.innerHeight - pixels
  if (isInTheWay && height < window.innerHeight / 2) kept.scrollIntoView({ block: 'nearest' })
}

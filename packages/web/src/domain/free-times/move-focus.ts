import type { KeyboardEvent } from 'react'

/** The slot that an arrow key leads to; null for other keys, or if there is none. */
export function targetOf(
  key: string,
  days: readonly number[],
  at: { day: number; time: number },
  isRightToLeft: boolean,
): { day: number; time: number } | null {
  const within = (time: number) => (time >= 0 && time < (days[at.day] ?? 0) ? { day: at.day, time } : null)
  const sideways = (step: 1 | -1) => {
    for (let day = at.day + step; day >= 0 && day < days.length; day += step) {
      const count = days[day] ?? 0
      // A day with fewer slots is entered at its last one; a day without slots is skipped.
      if (count > 0) return { day, time: Math.min(at.time, count - 1) }
    }
    return null
  }
  switch (key) {
    case 'ArrowDown':
      return within(at.time + 1)
    case 'ArrowUp':
      return within(at.time - 1)
    case 'ArrowRight':
      return sideways(isRightToLeft ? -1 : 1)
    case 'ArrowLeft':
      return sideways(isRightToLeft ? 1 : -1)
    case 'Home':
      return within(0)
    case 'End':
      return within((days[at.day] ?? 0) - 1)
    default:
      return null
  }
}

/** Moves the focus from a slot's button to the one that the key leads to. */
export function moveFocus(event: KeyboardEvent<HTMLButtonElement>): void {
  const button = event.currentTarget
  const week = button.closest('[data-week]')
  if (week === null || event.altKey || event.ctrlKey || event.metaKey) return
  // The times that phones hide are left out.
  const days = [...week.querySelectorAll('[data-day]')].map((day) =>
    [...day.querySelectorAll<HTMLButtonElement>('button[data-slot]')].filter((one) => one.offsetParent !== null),
  )
  const day = days.findIndex((times) => times.includes(button))
  const at = { day, time: days[day]?.indexOf(button) ?? 0 }
  const isRightToLeft = document.documentElement.dir === 'rtl'
  const target = targetOf(
    event.key,
    days.map(({ length }) => length),
    at,
    isRightToLeft,
  )
  if (target === null) return
  event.preventDefault()
  days[target.day]?.[target.time]?.focus()
}

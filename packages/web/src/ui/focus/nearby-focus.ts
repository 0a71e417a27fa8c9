const rowSelector = 'tr, li, [data-row]'
const controlSelector = 'a[href], button, input, select, textarea'

/**
 * Remembers where an element is in a list, because it may be removed together with its row. @returns a function to call
 * when it is gone: the focus moves to the same control of the next row, or of the previous one, or to the list's
 * heading. It returns false if none of them is left, or if the element was in no list.
 */
export function nearbyFocusOf(element: Element): () => boolean {
  const row = element.closest(rowSelector)
  const list = row?.parentElement ?? null
  if (row === null || list === null) return () => false
  const rows = [...list.children].filter((one) => one.matches(rowSelector))
  const at = rows.indexOf(row)
  // The row may still be there, without this control.
  const nearby = [row, ...rows.slice(at + 1), ...rows.slice(0, at).reverse()]
  const place = controlsOf(row).indexOf(element as HTMLElement)
  const text = element.textContent
  const headingId = list.closest('section[aria-labelledby]')?.getAttribute('aria-labelledby') ?? ''
  return () => {
    for (const one of nearby) {
      const controls = one.isConnected ? controlsOf(one) : []
      const same = controls.find(({ textContent }) => text !== '' && textContent === text)
      const control = same ?? controls[Math.min(place, controls.length - 1)]
      if (control === undefined) continue
      control.focus()
      return true
    }
    return focusHeading(document.getElementById(headingId))
  }
}

function controlsOf(row: Element): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>(controlSelector)].filter((one) => one.offsetParent !== null)
}

function focusHeading(heading: HTMLElement | null): boolean {
  if (heading === null) return false
  heading.tabIndex = -1
  heading.focus()
  return true
}

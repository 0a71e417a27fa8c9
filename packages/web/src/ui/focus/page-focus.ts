/** A page has been opened whose title is not shown yet. */
let isAwaited = false

/** Moves the focus to the page's heading, which screen readers then read. @returns whether there is one */
export function focusPageTitle(): boolean {
  const title = document.querySelector<HTMLElement>('main h1')
  title?.focus({ preventScroll: true })
  isAwaited = false
  return title !== null
}

/** After a change of what the whole page shows, its heading, which names that, gets the focus and is in sight. */
export function showPageTitle(): void {
  focusPageTitle()
  window.scrollTo(0, 0)
}

/** After a navigation, the page's heading gets the focus, and until it is shown, the page's main part. */
export function focusNewPage(): void {
  // The page has moved the focus already, to what it was opened for, such as a hold or a row of a list.
  if (document.activeElement?.matches('main :is(h2, h3, li)')) return
  if (focusPageTitle()) return
  document.querySelector('main')?.focus({ preventScroll: true })
  isAwaited = true
}

/** Whether a title that is shown now belongs to a page just opened, on which nobody has moved the focus since. */
export function isTitleAwaited(): boolean {
  const { activeElement } = document
  return isAwaited && (activeElement === document.body || activeElement?.tagName === 'MAIN')
}

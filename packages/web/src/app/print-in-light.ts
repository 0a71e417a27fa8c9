const attribute = 'data-mantine-color-scheme'

/** Pages are printed in light colours, whatever is chosen: on white paper the texts of the dark scheme are too pale. */
export function printInLight(): void {
  const page = document.documentElement
  let before: string | null = null
  window.addEventListener('beforeprint', () => {
    before = page.getAttribute(attribute)
    page.setAttribute(attribute, 'light')
  })
  window.addEventListener('afterprint', () => {
    if (before !== null) page.setAttribute(attribute, before)
    before = null
  })
}

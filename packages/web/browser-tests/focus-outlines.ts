import type { Page } from 'playwright-core'

type Stop = {
  /** The beginning of its HTML. */
  element: string
  /** It has an outline of 3 pixels that is seen on three sides or more. */
  isOutlined: boolean
  /** Nothing before it on the page can have the focus. */
  isFirst: boolean
}

/**
 * Runs in the page, with the focus where the keyboard has moved it. What shows the state of a switch or of a choice is
 * beside its input; the input of a password is inside of its field, which cuts off what is around the input.
 *
 * @param which what has the focus; or everything that can have it, one after the other, which takes milliseconds
 */
function stopsIn(which: 'focused' | 'all'): Stop[] {
  const outlineOf = (one: Element) => {
    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(one)
    const width = outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth)
    return { width, reach: Math.max(0, width + Number.parseFloat(outlineOffset)) }
  }
  /** The number of sides at which an element around it cuts off the outline. */
  const sidesCutOff = (one: Element, reach: number) => {
    const inner = one.getBoundingClientRect()
    const cut = new Set<string>()
    for (let outer = one.parentElement; outer !== null && outer !== document.body; outer = outer.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(outer)
      const box = outer.getBoundingClientRect()
      if (overflowX !== 'visible' && inner.left - reach < box.left - 0.5) cut.add('left')
      if (overflowX !== 'visible' && inner.right + reach > box.right + 0.5) cut.add('right')
      if (overflowY !== 'visible' && inner.top - reach < box.top - 0.5) cut.add('top')
      if (overflowY !== 'visible' && inner.bottom + reach > box.bottom + 0.5) cut.add('bottom')
    }
    return cut.size
  }
  const isOutlined = (focused: Element) => {
    const field = focused.closest('div.mantine-Input-input')
    const shown = field === null ? [focused, focused.nextElementSibling].filter((one) => one !== null) : [field]
    return shown.some((one) => outlineOf(one).width >= 3 && sidesCutOff(one, outlineOf(one).reach) < 2)
  }
  const focusable = 'a[href], button:not([aria-hidden="true"]), input, select, textarea, summary, [tabindex="0"]'
  const stopOf = (focused: Element) => ({
    element: focused.outerHTML.slice(0, 200),
    isOutlined: isOutlined(focused),
    isFirst: focused === document.querySelector(focusable),
  })
  const { activeElement: focused } = document
  if (which === 'focused') return focused === null || focused === document.body ? [] : [stopOf(focused)]
  return [...document.querySelectorAll<HTMLElement>(focusable)].flatMap((one) => {
    one.focus()
    // What is hidden or disabled does not get it.
    return document.activeElement === one ? [stopOf(one)] : []
  })
}

/**
 * Everything on the page that can have the focus, and then has no outline of 3 pixels or one that is cut off; and that
 * there is nothing, if nothing can.
 */
export async function weaklyOutlined(page: Page): Promise<string[]> {
  // From then on, the outline of what a script focuses is shown, too.
  await page.keyboard.press('Tab')
  const stops = await page.evaluate(stopsIn, 'all' as const)
  if (stops.length === 0) return ['Nothing can have the focus.']
  return stops.filter(({ isOutlined }) => !isOutlined).map(({ element }) => element)
}

/** More than any page here has to press. */
const pressesMax = 300

/**
 * The same of what Tab leads to, through the page and out of it: to nothing on the page, or, as the whole Chromium does
 * without a window, to its first stop again. The last of the stops in the field of a date is a button of the browser's,
 * with the browser's own outline: the field has to have one at another stop.
 */
export async function weaklyOutlinedByTab(page: Page): Promise<string[]> {
  const stops: Stop[] = []
  for (let presses = 0; presses < pressesMax; presses++) {
    await page.keyboard.press('Tab')
    const [stop] = await page.evaluate(stopsIn, 'focused' as const)
    if (stop === undefined || (stop.isFirst && presses > 0)) {
      const outlined = new Set(stops.filter(({ isOutlined }) => isOutlined).map(({ element }) => element))
      return stops.map(({ element }) => element).filter((element) => !outlined.has(element))
    }
    stops.push(stop)
  }
  throw new Error(`${new URL(page.url()).pathname}: the focus did not leave the page after ${pressesMax} presses.`)
}

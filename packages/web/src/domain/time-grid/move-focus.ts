import type { KeyboardEvent } from 'react'
import { arrowsOf } from './plan-after-key.ts'
import type { Axis } from './time-at.ts'

/**
 * Arrows: what is before or after in the track (`data-track`), or the one nearest in time in the next track that has
 * any. What can have the focus has `data-stop`, and `data-behind` if it is drawn behind the others.
 */
export function moveFocus(event: KeyboardEvent<HTMLElement>, axis: Axis): void {
  const isRtl = document.documentElement.dir === 'rtl'
  const { along, across } = arrowsOf(axis, isRtl)
  const [steps, tracksAway] = [along[event.key], across[event.key]]
  const track = event.currentTarget.closest('[data-track]')
  if (track === null || (steps === undefined && tracksAway === undefined)) return
  event.preventDefault()
  const startOf = (one: Element) => {
    const { left, right, top } = one.getBoundingClientRect()
    if (axis === 'block') return top
    return isRtl ? -right : left
  }
  /** In the order of their starts; what is behind before what starts with it. */
  const stopsIn = (within: Element): HTMLElement[] =>
    [...within.querySelectorAll<HTMLElement>('[data-stop]')].toSorted((a, b) => startOf(a) - startOf(b))
  if (steps !== undefined) {
    const own = stopsIn(track)
    own[own.indexOf(event.currentTarget) + steps]?.focus()
    return
  }
  const tracks = [...document.querySelectorAll('[data-track]')].filter(
    (one) => one === track || one.querySelector('[data-stop]') !== null,
  )
  const next = tracks[tracks.indexOf(track) + (tracksAway ?? 0)]
  if (next === undefined) return
  const start = startOf(event.currentTarget)
  const isBehind = (one: HTMLElement) => one.dataset.behind !== undefined
  const distance = (one: HTMLElement) =>
    Math.abs(startOf(one) - start) + (isBehind(one) === isBehind(event.currentTarget) ? 0 : otherKindPixels)
  stopsIn(next)
    .toSorted((a, b) => distance(a) - distance(b))[0]
    ?.focus()
}

/** From what is in front, the nearest of its kind is meant, and what is behind only if there is none. */
const otherKindPixels = 10_000

import type { AnyRouter } from '@tanstack/react-router'

/**
 * Whether another page is being loaded. Something typed on the page before is then no longer passed on: changing its
 * search would return to it.
 */
export function isLeaving({ state: { location, resolvedLocation } }: Pick<AnyRouter, 'state'>): boolean {
  return resolvedLocation !== undefined && location.pathname !== resolvedLocation.pathname
}

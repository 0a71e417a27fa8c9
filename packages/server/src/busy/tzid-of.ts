import type ICAL from 'ical.js'

/** The zone that a property is in; null: none is written, as for times in UTC and days. */
export function tzidOf(component: ICAL.Component, name: string): string | null {
  const tzid: unknown = component.getFirstProperty(name)?.getFirstParameter('tzid')
  return typeof tzid === 'string' ? tzid : null
}

import { serviceKey } from '@holdfast/vocabulary'

/** Each has a colour and a pattern in service-marks.module.css. */
const marksCount = 12

/**
 * A mark, 0 to 11, for each spelling of a service, sorted. A service's mark follows from its name, so that it is the
 * same on every day, unless another service of the day has it already.
 */
export function serviceMarks(services: readonly string[]): Map<string, number> {
  const marks = new Map<string, number>()
  const taken = new Set<number>()
  for (const service of [...new Set(services.map(serviceKey))].sort()) {
    const wanted = hashOf(service) % marksCount
    const free = Array.from({ length: marksCount }, (_, step) => (wanted + step) % marksCount).find(
      (mark) => !taken.has(mark),
    )
    marks.set(service, free ?? wanted)
    taken.add(free ?? wanted)
  }
  return new Map([...new Set(services)].sort().map((service) => [service, marks.get(serviceKey(service)) ?? 0]))
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

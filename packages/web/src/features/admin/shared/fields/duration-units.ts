/** `size`: how many of the base unit it has. */
export type DurationUnit = { name: 'seconds' | 'minutes' | 'hours' | 'days'; size: number }

/** The units in which a duration is entered, by the unit in which it is stored. */
export const unitsOf = {
  seconds: [
    { name: 'seconds', size: 1 },
    { name: 'minutes', size: 60 },
  ],
  minutes: [
    { name: 'minutes', size: 1 },
    { name: 'hours', size: 60 },
    { name: 'days', size: 24 * 60 },
  ],
} as const satisfies Record<string, readonly DurationUnit[]>

/** The chosen unit; without one that fits, the largest in which the value is a whole number; for 0, the second. */
export function shownUnit(
  base: keyof typeof unitsOf,
  value: number | string,
  chosen: DurationUnit | null,
): DurationUnit {
  const units: readonly DurationUnit[] = unitsOf[base]
  const isWhole = ({ size }: DurationUnit) => Number(value) % size === 0
  if (chosen !== null && (value === '' || isWhole(chosen))) return chosen
  const found = Number(value) === 0 ? units[1] : units.findLast(isWhole)
  return found ?? unitsOf[base][0]
}

/**
 * A capacity factor as an exact fraction: 0.8 is 8/10, so that ceil(0.8 × 5) is 4, not the 5 floating point may give.
 */
export type CapacityFactor = { numerator: bigint; denominator: bigint; text: string }

/** Reads `1`, `0.8`, `1.25`: more than 0, at most 1000, at most six decimals. null: it is not one. */
export function parseCapacityFactor(text: string): CapacityFactor | null {
  const match = /^(\d{1,4})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) return null
  const decimals = match[2] ?? ''
  const denominator = 10n ** BigInt(decimals.length)
  const numerator = BigInt(match[1] + decimals)
  if (numerator === 0n || numerator > 1000n * denominator) return null
  return { numerator, denominator, text }
}

/** ceil(factor × appointments), exactly. */
export function unitsFor(factor: CapacityFactor, appointments: number): number {
  return Number((factor.numerator * BigInt(appointments) + factor.denominator - 1n) / factor.denominator)
}

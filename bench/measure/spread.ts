/** The median, the least and the greatest value of several rounds. */
export type Spread = { median: number; min: number; max: number }

/** @throws RangeError for an empty list */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [min] = sorted
  const max = sorted.at(-1)
  if (min === undefined || max === undefined) throw new RangeError('A spread needs at least one value.')
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? max
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? min) + upper) / 2
  return { median, min, max }
}

/** The ratios of rounds, paired in order, because neighbouring rounds find the machine in the same state. */
export function ratiosOf(above: readonly number[], below: readonly number[]): Spread {
  if (above.length !== below.length)
    throw new RangeError(`${above.length} rounds can't be paired with ${below.length}.`)
  return spreadOf(above.map((value, round) => value / (below[round] ?? Number.NaN)))
}

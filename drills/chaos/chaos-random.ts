import { seededRandom } from '@holdfast/testkit'

/** Random choices from a seed, so that a run makes the same ones again. */
export type Random = {
  /** 0 ≤ n < below */
  below(below: number): number
  pick<Item>(items: readonly Item[]): Item
  uuid(): string
}

export function randomOf(seed: number): Random {
  const next = seededRandom(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('')
  return {
    below,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('There is nothing to choose from.')
      return item
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  }
}

/** A queue in constant time: an array's shift would move all 10,000 connections each time. */
export class Fifo<Item> {
  #items: Item[]
  #first = 0

  constructor(items: Iterable<Item>) {
    this.#items = [...items]
  }

  put(item: Item): void {
    this.#items.push(item)
  }

  take(): Item | undefined {
    const item = this.#items[this.#first]
    if (item === undefined) return undefined
    this.#first += 1
    if (this.#first > 4096 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}

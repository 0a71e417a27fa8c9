/** What has to be done in the end, in the reverse order: what uses something ends before it. */
export class Ending {
  readonly #steps: (() => Promise<void>)[] = []
  #hasBegun = false

  /** Once the end has begun, it is done at once: something was still being started. */
  async add(step: () => Promise<void>): Promise<void> {
    if (this.#hasBegun) await step()
    else this.#steps.push(step)
  }

  async run(): Promise<void> {
    this.#hasBegun = true
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}

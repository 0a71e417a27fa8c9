import { limited } from './limited.ts'

type Step = { what: string; run: () => Promise<void> }

/** Longer than anything takes that ends by SIGKILL after a time. */
const stepMsMax = 180_000

/** What has to be done in the end, in the reverse order: what uses something ends before it. */
export class Ending {
  readonly #steps: Step[] = []
  readonly #stepMsMax: number
  #hasBegun = false

  constructor(msMax = stepMsMax) {
    this.#stepMsMax = msMax
  }

  /**
   * Once the end has begun, it is done at once: something was still being started.
   *
   * @param what as in "to stop nginx"
   */
  async add(what: string, run: () => Promise<void>): Promise<void> {
    if (this.#hasBegun) await run()
    else this.#steps.push({ what, run })
  }

  /** @throws Error with what failed or did not end in time, after all the other steps */
  async run(): Promise<void> {
    this.#hasBegun = true
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await limited(step.what, this.#stepMsMax, step.run).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 1) throw new AggregateError(failures, failures.join('; '))
    if (failures.length === 1) throw failures[0]
  }
}

/** Runs something, and then its end. @throws what failed first */
export async function withEnding<Result>(run: (ending: Ending) => Promise<Result>): Promise<Result> {
  const ending = new Ending()
  const result = await run(ending).catch(async (error: unknown) => {
    await ending.run().catch(() => undefined)
    throw error
  })
  await ending.run()
  return result
}

import type { QueueDepth } from '../queue/batch-queue.ts'

export type ClinicQueues<Queues> = {
  /** Runs `submit` with the queues of the clinic, which are created for it if there are none. */
  use<Result>(clinicNo: number, submit: (queues: Queues) => Promise<Result>): Promise<Result>
  /** The depth for all clinics together. */
  depth(name: keyof Queues): QueueDepth
}

/** Queues that each clinic has, as long as something is in one of them. */
export function clinicQueues<Queues extends Record<string, { readonly depth: QueueDepth }>>(
  create: (clinicNo: number) => Queues,
): ClinicQueues<Queues> {
  const clinics = new Map<number, Queues>()
  return {
    async use(clinicNo, submit) {
      const queues = clinics.getOrInsertComputed(clinicNo, create)
      try {
        return await submit(queues)
      } finally {
        // A batch is over a moment after its items have their outcomes.
        setImmediate(() => {
          if (isIdle(queues) && clinics.get(clinicNo) === queues) clinics.delete(clinicNo)
        })
      }
    },
    depth: (name) => total([...clinics.values()].flatMap((queues) => queues[name]?.depth ?? [])),
  }
}

function isIdle(queues: Record<string, { readonly depth: QueueDepth }>): boolean {
  return Object.values(queues).every(({ depth: { queued, inFlight, slow } }) => queued + inFlight + slow === 0)
}

function total(depths: QueueDepth[]): QueueDepth {
  const sum = { queued: 0, inFlight: 0, slow: 0 }
  for (const { queued, inFlight, slow } of depths) {
    sum.queued += queued
    sum.inFlight += inFlight
    sum.slow += slow
  }
  return sum
}

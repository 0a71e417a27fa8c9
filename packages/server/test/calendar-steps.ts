import fc from 'fast-check'

type At = { server: number }
/** What one client does; `server` is the one that it uses. */
export type Step = At &
  (
    | { kind: 'claim'; slot: number; units: number; confirm: boolean }
    | { kind: 'confirm' | 'cancel' | 'extend'; booking: number }
    | { kind: 'reschedule'; booking: number; slot: number }
    | { kind: 'list'; doctor: number; onlyAvailable: boolean }
    /** A hold that another program creates, and that ends soon. */
    | { kind: 'hold'; slot: number; lastsMs: number }
    | { kind: 'withdraw'; slot: number }
    /** A patient whom another program registers on arrival. */
    | { kind: 'arrive'; slot: number }
    | { kind: 'reopen'; arrival: number }
    | { kind: 'create' | 'rename' | 'deactivate'; doctor: number }
    | { kind: 'notice'; minutes: number }
    | { kind: 'sweep' | 'restart tails' }
  )

const server = fc.nat(1)
const doctor = fc.nat(1)
const slot = fc.nat(7)
const booking = fc.nat(40)
const just = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      server,
      kind: just('claim'),
      slot,
      units: fc.integer({ min: 1, max: 2 }),
      confirm: fc.boolean(),
    }),
  },
  { weight: 30, arbitrary: fc.record({ server, kind: just('confirm', 'cancel', 'extend'), booking }) },
  { weight: 15, arbitrary: fc.record({ server, kind: just('reschedule'), booking, slot }) },
  { weight: 30, arbitrary: fc.record({ server, kind: just('list'), doctor, onlyAvailable: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ server, kind: just('hold'), slot, lastsMs: fc.nat(800) }) },
  { weight: 2, arbitrary: fc.record({ server, kind: just('withdraw'), slot }) },
  { weight: 6, arbitrary: fc.record({ server, kind: just('arrive'), slot }) },
  { weight: 6, arbitrary: fc.record({ server, kind: just('reopen'), arrival: fc.nat(10) }) },
  { weight: 3, arbitrary: fc.record({ server, kind: just('create', 'rename', 'deactivate'), doctor }) },
  { weight: 1, arbitrary: fc.record({ server, kind: just('notice'), minutes: fc.constantFrom(0, 4_320) }) },
  { weight: 1, arbitrary: fc.record({ server, kind: just('sweep', 'restart tails') }) },
)
/** One of each rare step, so that no history lacks one. */
const rareSteps: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.record({ server, kind: just('rename'), doctor }),
    fc.record({ server, kind: just('deactivate'), doctor }),
    fc.record({ server, kind: just('create'), doctor }),
    fc.record({ server, kind: just('notice'), minutes: fc.constantFrom(0, 4_320) }),
    fc.record({ server, kind: just('sweep') }),
    fc.record({ server, kind: just('restart tails') }),
  )
  .chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length }))
/** Two quiet moments, each after seven clients have made ten steps, and one the rare ones. */
const client = fc.array(step, { minLength: 10, maxLength: 10 })
const round = fc
  .tuple(fc.array(client, { minLength: 7, maxLength: 7 }), rareSteps)
  .map(([clients, rare]) => [...clients, rare])
export const histories = fc.array(round, { minLength: 2, maxLength: 2 })

/** Each kind once, in an order in which each has to succeed when nobody else does anything. */
export const stepsThatSucceed: readonly Step[] = [
  { kind: 'notice', server: 0, minutes: 0 },
  { kind: 'claim', server: 0, slot: 0, units: 1, confirm: false },
  { kind: 'extend', server: 1, booking: 0 },
  { kind: 'confirm', server: 0, booking: 0 },
  { kind: 'reschedule', server: 1, booking: 0, slot: 2 },
  { kind: 'cancel', server: 0, booking: 0 },
  { kind: 'arrive', server: 1, slot: 0 },
  { kind: 'reopen', server: 1, arrival: 0 },
  { kind: 'hold', server: 0, slot: 1, lastsMs: 200 },
  { kind: 'withdraw', server: 0, slot: 3 },
  { kind: 'create', server: 1, doctor: 1 },
  { kind: 'rename', server: 0, doctor: 0 },
  { kind: 'deactivate', server: 1, doctor: 1 },
  { kind: 'sweep', server: 0 },
  { kind: 'restart tails', server: 0 },
  { kind: 'list', server: 1, doctor: 1, onlyAvailable: false },
]

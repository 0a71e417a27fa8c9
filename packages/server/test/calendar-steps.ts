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
/** Two quiet moments, each after eight clients have made ten steps. */
const client = fc.array(step, { minLength: 10, maxLength: 10 })
export const histories = fc.array(fc.array(client, { minLength: 8, maxLength: 8 }), { minLength: 2, maxLength: 2 })

/** Steps that may be refused, but not always. */
export const successfulKinds: readonly Step['kind'][] = [
  'arrive',
  'cancel',
  'claim',
  'confirm',
  'create',
  'extend',
  'hold',
  'list',
  'notice',
  'rename',
  'reopen',
  'reschedule',
  'withdraw',
]

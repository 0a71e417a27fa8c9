import { setTimeout as delay } from 'node:timers/promises'
import { type RabbitServer, rabbitServer, whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { bookings } from '../contenders/contender.ts'
import { type OurRelay, ourRelay } from '../contenders/our-relay.ts'
import { spreadOf } from '../measure/spread.ts'
import { faultsOf, loadJob } from './round.ts'
import type { Bench, Scenario, ScenarioResult } from './scenario.ts'

const bookingsPerSecond = 5_000
const giveUpMs = 2_000
/** RabbitMQ counts every five seconds. */
const countTries = 20

/** Events to RabbitMQ while bookings are made at a given rate. Without RabbitMQ on this machine, it says so. */
export const relay: Scenario = {
  name: 'relay',
  title: `Events relayed to RabbitMQ while ${bookingsPerSecond.toLocaleString('en')} bookings/s are requested`,
  inSmoke: false,
  async run(bench) {
    const missing = whyNoRabbit()
    if (missing !== null) return skipped(missing)
    const ours = await bench.ours()
    const rabbit = await rabbitServer('')
    try {
      const relaying = await ourRelay(ours.databaseUrl, rabbit.url)
      try {
        const rounds: Round[] = []
        for (let seed = 0; seed < bench.pace.rounds; seed += 1) rounds.push(await round(bench, relaying, seed))
        const events = rounds.reduce((sum, one) => sum + one.events, 0)
        return resultOf(rounds, await messagesOf(rabbit, events), events)
      } finally {
        await relaying.stop()
      }
    } finally {
      await rabbit.end()
    }
  },
}

type Round = {
  booked: number
  bookedPerSecond: number
  events: number
  relayedPerSecond: number
  lag: { p50: number; p99: number }
  faults: string[]
}

async function round(bench: Bench, relaying: OurRelay, seed: number): Promise<Round> {
  const ours = await bench.ours()
  const { warmupMs, roundMs, connections, isSmoke } = bench.pace
  const calendar = await ours.makeCalendar({ doctors: 10, slotsPerDoctor: 30, units: 1_000_000 })
  const durationMs = isSmoke ? roundMs : roundMs * 2
  relaying.begin()
  const load = await bench.generator.run(
    loadJob(
      bench,
      ours,
      {
        load: { kind: 'open', warmupMs, durationMs, ratePerSecond: bookingsPerSecond, giveUpMs },
        connections: connections * 2,
        seed,
        parts: () => [bookings(ours, calendar, { expected: ['booked', 'overloaded'] })],
      },
      calendar,
    ),
  )
  const booking = load.parts.find(({ name }) => name === 'book')
  const booked = booking?.outcomes.booked ?? 0
  // The recount would compete with the relay.
  const { events, perSecond, lagsSeconds } = await relaying.relayed(booked)
  const sorted = lagsSeconds.toSorted((one, other) => one - other)
  const quantile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return {
    booked,
    bookedPerSecond: (booking?.windowOutcomes.booked ?? 0) / load.seconds,
    events,
    relayedPerSecond: perSecond,
    lag: { p50: quantile(0.5), p99: quantile(0.99) },
    faults: faultsOf(ours, load, { outcomes: booking?.outcomes ?? {} }, await ours.recount(calendar)),
  }
}

async function messagesOf(rabbit: RabbitServer, events: number): Promise<number> {
  let found = 0
  for (let tries = 0; tries < countTries && found < events; tries += 1) {
    const queues = await rabbit.run('rabbitmqctl --quiet list_queues name messages')
    found = Number(/^holdfast\.bench\t(\d+)$/m.exec(queues)?.[1] ?? 0)
    if (found < events) await delay(1_000)
  }
  return found
}

function resultOf(rounds: readonly Round[], arrived: number, events: number): ScenarioResult {
  const of = (value: (round: Round) => number) => spreadOf(rounds.map(value))
  const relayed = of(({ relayedPerSecond }) => relayedPerSecond)
  const lag = of(({ lag: { p99 } }) => p99)
  const isReached = arrived >= events
  return {
    measured: [
      {
        name: 'Holdfast',
        values: {
          'bookings/s': of(({ bookedPerSecond }) => bookedPerSecond),
          'events relayed/s': relayed,
          'lag p50 s': of(({ lag: { p50 } }) => p50),
          'lag p99 s': lag,
          'events in the queue': arrived,
        },
      },
    ],
    figures: [
      {
        row: 24,
        title: 'events relayed/s to RabbitMQ while 5,000 bookings/s are requested · their lag, p99',
        target: 'every event arrives',
        parts: [
          { name: 'relayed', reached: relayed, unit: '/s', isReached },
          { name: 'lag', reached: lag, unit: ' s', isReached },
        ],
      },
    ],
    faults: [
      ...rounds.flatMap(({ faults }) => faults),
      ...(isReached ? [] : [`Of ${events} events ${arrived} arrived.`]),
    ],
    notes: [
      'Open loop. The lag is from when an event was written until the broker has confirmed it. The relay is one ' +
        'process, beside the server, the broker and PostgreSQL.',
    ],
  }
}

function skipped(missing: string): ScenarioResult {
  return { measured: [{ name: 'skipped', values: { why: missing } }], figures: [], faults: [], notes: [] }
}

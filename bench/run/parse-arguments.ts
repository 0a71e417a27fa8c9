import { parseArgs } from 'node:util'
import { messageOf } from '@holdfast/vocabulary'
import type { Pace, Scenario } from '../scenarios/scenario.ts'
import { allScenarios } from './all-scenarios.ts'

export type Arguments =
  | { kind: 'run'; scenarios: readonly Scenario[]; pace: Pace; growthBookings: number; isWhole: boolean }
  | { kind: 'refused'; message: string }

// 256 clients are two of Holdfast's batches: with both at the database, no client is left whose request could be read.
export const wholePace: Pace = { isSmoke: false, rounds: 5, warmupMs: 500, roundMs: 2_500, connections: 384 }
const smoke: Pace = { isSmoke: true, rounds: 1, warmupMs: 50, roundMs: 350, connections: 64 }
const growthDefault = 1_000_000

/** Parses the command line. Without names, all scenarios run. `--short`: the short rounds of smoke. */
export function parseArguments(args: string[]): Arguments {
  let parsed: { values: { growth?: string; short?: boolean }; positionals: string[] }
  try {
    const options = { growth: { type: 'string' }, short: { type: 'boolean' } } as const
    parsed = parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    return refused(messageOf(error))
  }
  const { values, positionals } = parsed
  const growthBookings = Number(values.growth ?? growthDefault)
  if (!Number.isInteger(growthBookings) || growthBookings < 20_000 || growthBookings > 100_000_000)
    return refused(`--growth=${values.growth} is not a number of bookings from 20000 to 100000000.`)
  const isSmoke = positionals.includes('smoke')
  const pace = isSmoke || values.short === true ? smoke : wholePace
  const names = positionals.filter((name) => name !== 'smoke')
  const unknown = names.find((name) => !allScenarios.some((scenario) => scenario.name === name))
  if (unknown !== undefined) return refused(`There is no scenario ${JSON.stringify(unknown)}.`)
  const scenarios = allScenarios.filter(
    ({ name, inSmoke }) => names.includes(name) || (names.length === 0 && (inSmoke || !isSmoke)),
  )
  return { kind: 'run', scenarios, pace, growthBookings, isWhole: names.length === 0 && !pace.isSmoke }
}

function refused(why: string): Arguments {
  const names = allScenarios.map(({ name }) => name).join(', ')
  return {
    kind: 'refused',
    message: `${why}\nnpm run bench -- [smoke] [--growth=BOOKINGS] [NAME…], with NAME one of ${names}`,
  }
}

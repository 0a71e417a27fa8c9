import { randomInt } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { provideTestEnvironment } from '@holdfast/testkit'
import { type Plant, plants } from './chaos-stage.ts'
import { allDisturbances, runChaos } from './run-chaos.ts'

// npm run chaos -- [--seconds 60] [--seed N] [--clients 24] [--plant NAME]

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    clients: { type: 'string', default: '24' },
    plant: { type: 'string' },
  },
})

function isPlant(name: string): name is Plant {
  return Object.hasOwn(plants, name)
}

function numberOf(name: 'seconds' | 'seed' | 'clients'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} is a whole number from 1, not ${values[name]}.`)
  return number
}

const { plant = null } = values
if (plant !== null && !isPlant(plant)) {
  throw new Error(`--plant is one of these, not ${JSON.stringify(plant)}: ${Object.keys(plants).join('; ')}.`)
}
provideTestEnvironment({
  servers: [],
  dataDirectory: undefined,
  compileCache: join(tmpdir(), 'holdfast-chaos-cache'),
})
const startedAt = performance.now()
const { faults, counts } = await runChaos({
  seconds: numberOf('seconds'),
  seed: numberOf('seed'),
  clients: numberOf('clients'),
  disturb: allDisturbances,
  plant,
  say: (line) =>
    process.stdout.write(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`),
})
for (const [name, count] of Object.entries(counts)) process.stdout.write(`${String(count).padStart(8)}  ${name}\n`)
for (const fault of faults) process.stdout.write(`FAULT  ${fault}\n`)
process.stdout.write(`${faults.length} faults\n`)
process.exitCode = faults.length === 0 ? 0 : 1

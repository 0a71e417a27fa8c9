import { writeFile } from 'node:fs/promises'
import type { Spread } from '../measure/spread.ts'
import type { Run } from '../run/run.ts'
import type { Figure, Measured } from '../scenarios/scenario.ts'

/** Prints what a scenario measured, as soon as it has finished. */
export function printScenario(
  { measured, notes, faults }: Run['scenarios'][number],
  say: (line: string) => void,
): void {
  for (const { name, values } of measured) {
    const texts = Object.entries(values).map(([key, value]) => `${key} ${valueText(value)}`)
    say(`  ${name}: ${texts.join(' · ')}`)
  }
  for (const note of notes) say(`  ${note}`)
  for (const fault of faults) say(`  VOID: ${fault}`)
  say('')
}

/** Prints the figures, and the faults that make the run void. */
export function printFigures(run: Run, say: (line: string) => void): void {
  for (const figure of run.figures) {
    say(`${figure.row}. ${figure.title}: ${figure.target}${figure.note === undefined ? '' : ` (${figure.note})`}`)
    for (const part of figure.parts) say(`     ${mark(part.isReached)} ${part.name}: ${partText(part)}`)
  }
  if (run.faults.length > 0) say('\nVOID: the run proves nothing, because:')
  for (const fault of run.faults) say(`  ${fault}`)
}

/** Writes bench/RESULTS.md to read and bench/results.json to compare with. */
export async function writeReport(run: Run): Promise<void> {
  await writeFile(new URL('../RESULTS.md', import.meta.url), markdown(run))
  await writeFile(new URL('../results.json', import.meta.url), `${JSON.stringify(run, null, 2)}\n`)
}

function markdown({ facts, figures, scenarios, faults }: Run): string {
  const list = (of: Record<string, string>) =>
    Object.entries(of)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  const { rounds, roundMs, connections } = facts.pace
  const busy = facts.loadAverageBefore > 1 ? ' (the machine was busy: only ratios are meaningful)' : ''
  const lines = [
    '# Results of the last complete run',
    '',
    'Written by `npm run bench`. Medians of the rounds, with minimum and maximum in brackets; ratios are of',
    'neighbouring rounds. PostgreSQL, the measured server and the load generator shared the cores of this one machine.',
    '',
    `- ${facts.startedAt}, commit ${facts.commit}`,
    `- ${facts.machine}; load average before ${numberText(facts.loadAverageBefore)}${busy}`,
    `- ${list(facts.versions)}`,
    `- PostgreSQL: ${list(facts.postgresSettings)}`,
    `- ${rounds} rounds of ${roundMs / 1000} s, ${connections} connections, each baseline with its best pool size`,
    '',
    faults.length === 0
      ? 'Every response was checked, and the database was recounted after every round: nothing was wrong.'
      : `**Void**: ${faults.join('; ')}`,
    '',
    '| | figure | target | measured | |',
    '|---|---|---|---|---|',
    ...figures.flatMap(figureRows),
    '',
  ]
  for (const { title, measured, notes, seconds } of scenarios) {
    lines.push(`## ${title}`, '', ...measuredTable(measured), '')
    for (const note of notes) lines.push(note, '')
    lines.push(`Took ${seconds} s.`, '')
  }
  return lines.join('\n')
}

function figureRows({ row, title, target, parts, note }: Figure): string[] {
  return parts.map((part, index) => {
    const name = note === undefined ? title : `${title} (${note})`
    const first = index === 0 ? [row, name, target] : ['', '', '']
    return `| ${[...first, `${part.name}: ${partText(part)}`, mark(part.isReached)].join(' | ')} |`
  })
}

function measuredTable(measured: Measured[]): string[] {
  const names = [...new Set(measured.flatMap(({ values }) => Object.keys(values)))]
  return [
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...measured.map(
      ({ name, values }) => `| ${name} | ${names.map((key) => valueText(values[key] ?? '')).join(' | ')} |`,
    ),
  ]
}

function partText({ reached, unit }: Figure['parts'][number]): string {
  const range = reached.min === reached.max ? '' : ` (${numberText(reached.min)}–${numberText(reached.max)})`
  return `${numberText(reached.median)}${unit}${range}`
}

function valueText(value: Spread | number | string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value)
  if (value.min === value.max) return numberText(value.median)
  return `${numberText(value.median)} (${numberText(value.min)}–${numberText(value.max)})`
}

/** Three significant digits: the noise is larger than the fourth. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function mark(isReached: boolean): string {
  return isReached ? '✓' : '✗'
}

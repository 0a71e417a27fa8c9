import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import type { Check } from '../doctor/check.ts'
import { type Examination, examine } from '../doctor/examine.ts'
import { watchHealth } from '../doctor/watch-health.ts'
import { columns, type Terminal } from '../terminal.ts'

export type DoctorOptions = JsonOption & { watch?: boolean }

/** `holdfast doctor`: prints settings, versions, and checks with suggested fixes. Exits with 1 on an error. */
export async function doctorCommand(context: CommandContext, options: DoctorOptions): Promise<ExitCode> {
  if (options.watch === true) return watchHealth(context, options)
  const { env, terminal } = context
  const examination = await examine(env)
  const isGood = examination.checks.every((check) => check.state !== 'error')
  if (options.json === true) terminal.json({ ok: isGood, ...examination })
  else print(terminal, examination)
  return isGood ? 0 : 1
}

const colours = { ok: 'green', warning: 'yellow', error: 'red' } as const

function print(terminal: Terminal, { settings, versions, checks }: Examination): void {
  const heading = (text: string) => terminal.out(terminal.style('bold', text))
  heading('Settings')
  const rows = settings.map(({ name, value, from, default: defaultValue, whenAbsent }) => [
    name,
    value ?? '(not set)',
    from === 'environment'
      ? `environment (default: ${defaultValue ?? whenAbsent})`
      : `default${value === null ? `: ${whenAbsent}` : ''}`,
  ])
  for (const line of columns(rows)) terminal.out(line)
  terminal.out('')

  heading('Versions')
  const named = { Holdfast: versions.holdfast, Node: versions.node, PostgreSQL: versions.postgres ?? 'unknown' }
  const all = { ...named, System: versions.system, ...versions.packages }
  for (const line of columns(Object.entries(all).map(([name, version]) => [name, version ?? 'missing']))) {
    terminal.out(line)
  }
  terminal.out('')

  heading('Checks')
  for (const check of checks) for (const line of checkLines(terminal, check)) terminal.out(line)
}

function checkLines(terminal: Terminal, { name, state, found, fix }: Check): string[] {
  const first = `  ${terminal.style(colours[state], state.padEnd(7))}  ${name}: ${found}`
  return fix === null ? [first] : [first, `           → ${fix}`]
}

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const script = readFileSync(join(import.meta.dirname, '../../deploy/debian/holdfast'), 'utf8')

type InstalledCommand = {
  /** The text of `/etc/holdfast/holdfast.env`. */
  settings: string
  /** A shell script in place of the program of the release. */
  program: string
  /** Whether the user holdfast may enter the directory in which the command is called. */
  mayEnter?: boolean
}

/** Writes the command `holdfast` of an installation, run as root. @returns a directory for PATH */
export function installCommand(directory: string, { settings, program, mayEnter = true }: InstalledCommand): string {
  const [programs, state, file] = ['programs', 'state', 'holdfast.env'].map((name) => join(directory, name))
  if (programs === undefined || state === undefined || file === undefined) throw new Error('A name is missing.')
  for (const path of [programs, state]) mkdirSync(path)
  writeFileSync(file, settings)
  const write = (name: string, text: string) => {
    writeFileSync(join(programs, name), text)
    chmodSync(join(programs, name), 0o755)
  }
  write('program', `#!/bin/sh\n${program}\n`)
  write('id', '#!/bin/sh\necho 0\n')
  // It would change the user: whether that user may enter a directory is decided here.
  const enter = mayEnter ? 'exit 0' : 'exit 1'
  write('setpriv', `#!/bin/sh\nshift 3; case "$*" in *" test -x .") ${enter} ;; esac; exec "$@"\n`)
  const text = script
    .replace('/etc/holdfast/holdfast.env', file)
    .replace('/opt/holdfast/current/bin/holdfast "$@"', `${programs}/program "$@"`)
    .replace('cd /var/lib/holdfast', `cd ${state}`)
  write('holdfast', text)
  return programs
}

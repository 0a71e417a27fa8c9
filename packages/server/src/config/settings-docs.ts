import { settings } from './settings.ts'

/** One Markdown row per setting, in the order in which `holdfast doctor` prints them. */
export function settingsTable(): string {
  const rows = settings.map(({ name, default: defaultText, whenAbsent, description, expected }) => {
    const cells = [
      `\`${name}\``,
      defaultText === null ? (whenAbsent ?? '–') : `\`${defaultText}\``,
      expected,
      description,
    ]
    return `| ${cells.map((cell) => cell.replaceAll(/[|<]/g, '\\$&')).join(' | ')} |`
  })
  return ['| variable | default | value | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/** Values for an installation under /opt and /var/lib, behind nginx. */
const installed: Record<string, string> = {
  HOLDFAST_DATA: '/var/lib/holdfast/data',
  HOLDFAST_SECRET_FILE: '/var/lib/holdfast/secret',
  HOLDFAST_DEMO: 'off',
  HOLDFAST_TRUSTED_PROXIES: '1',
}

const environmentHead = [
  '# Settings of Holdfast, for its services and the command holdfast. After a change: systemctl restart holdfast',
  '# A line that begins with # is not set; its value is the default. Put a value into single quotes if it has anything',
  '# but letters, digits and . _ : / @ , + = - (a password, the & of an address).',
  '',
].join('\n')

/**
 * The file `deploy/systemd/holdfast.env` of a release, from which deploy/debian/install.sh writes the services' file:
 * every setting with its explanation, as systemd (EnvironmentFile) and a shell read it.
 */
export function environmentFileText(): string {
  const entries = settings.map(({ name, default: defaultText, whenAbsent, description, expected }) => {
    const value = installed[name]
    const absent = whenAbsent === null ? [] : [`If it is not set: ${whenAbsent}.`]
    const texts = [...wrapped(description), ...wrapped(`Value: ${expected}.`), ...absent.flatMap(wrapped)]
    const line = value === undefined ? `#${name}=${defaultText ?? ''}` : `${name}=${value}`
    return `${texts.map((text) => `# ${text}\n`).join('')}${line}\n`
  })
  return [environmentHead, ...entries].join('\n')
}

function wrapped(text: string): string[] {
  const widthMax = 116
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= widthMax) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

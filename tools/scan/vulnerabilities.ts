type Audit = {
  vulnerabilities?: Record<string, { name: string; severity: string; range: string; via: unknown[] }>
  message?: string
  error?: { summary?: string }
}

/**
 * What `npm audit --json` printed.
 *
 * @returns a finding for each vulnerable package; `notChecked`: why npm could not look for any, null if it did
 */
export function vulnerabilitiesOf(output: string): { findings: string[]; notChecked: string | null } {
  const { vulnerabilities, message, error } = parsed(output)
  if (vulnerabilities === undefined)
    return { findings: [], notChecked: message ?? error?.summary ?? 'npm said nothing' }
  const findings = Object.values(vulnerabilities).map(({ name, severity, range, via }) => {
    const titles = via.flatMap((one) => (isAdvisory(one) ? [`${one.title} (${one.url})`] : []))
    return `${name} ${range}: ${severity}: ${titles.join('; ') || 'by a package that it needs'}`
  })
  return { findings, notChecked: null }
}

function parsed(output: string): Audit {
  try {
    return JSON.parse(output) as Audit
  } catch {
    return { message: output.trim().split('\n')[0] || 'npm printed nothing' }
  }
}

function isAdvisory(via: unknown): via is { title: string; url: string } {
  return typeof via === 'object' && via !== null && 'title' in via && 'url' in via
}

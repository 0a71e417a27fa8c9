import { alertThresholds } from '@holdfast/server/alert-thresholds'
import { endOfCertificate } from '@holdfast/server/certificate-end'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'

const name = 'certificate'
const dayMs = 86_400_000
/** Let's Encrypt's are renewed a month before they end. */
const daysMin = (alertThresholds.HoldfastCertificateEnds.limit * 1_000) / dayMs

/** Until when the certificate of HOLDFAST_URL is valid, if it is of https, as it is served. */
export async function checkCertificate(publicUrl: string | null, now = new Date()): Promise<Check[]> {
  if (publicUrl === null || !publicUrl.startsWith('https:')) return []
  const { hostname, port } = new URL(publicUrl)
  try {
    const until = await endOfCertificate(hostname, Number(port || 443))
    return [judge(hostname, until, now)]
  } catch (error) {
    // It may be reached from outside only.
    return [ok(name, `not checked: ${publicUrl} cannot be reached from this machine (${messageOf(error)})`)]
  }
}

function judge(host: string, until: Date, now: Date): Check {
  const days = Math.floor((until.getTime() - now.getTime()) / dayMs)
  const date = until.toISOString().slice(0, 10)
  const fix = 'renew it, and reload the proxy that serves it (docs/operations/https.md)'
  if (days < 0) return problem(name, `that of ${host} has ended on ${date}: browsers refuse the site`, fix)
  if (days < daysMin) return warning(name, `that of ${host} ends in ${days} days, on ${date}`, fix)
  return ok(name, `that of ${host} is valid until ${date}`)
}

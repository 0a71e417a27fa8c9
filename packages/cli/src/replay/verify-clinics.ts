import pMap from 'p-map'
import { callTimeout } from '../target/http-outcome.ts'
import { callUntilOk, type TargetServer } from '../target/target-server.ts'
import type { UnitOnServer } from './prepare-clinics.ts'
import type { ReplaySummary } from './replay-summary.ts'

const clinicsAtOnce = 4

/** Lets the server recount every clinic of the replay, and adds up the reports; `findings` describes the first 20. */
export async function verifyClinics(
  server: TargetServer,
  units: readonly Pick<UnitOnServer, 'name' | 'clinicId'>[],
): Promise<{ verify: ReplaySummary['verify']; findings: string[] }> {
  const verifyUnit = (unit: Pick<UnitOnServer, 'name' | 'clinicId'>) =>
    callUntilOk(server, `verifying ${unit.name}`, () =>
      server.admin.verifyClinic({ path: { clinicId: unit.clinicId }, ...callTimeout() }),
    )
  const reports = await pMap(units, verifyUnit, { concurrency: clinicsAtOnce, signal: server.signal })
  const verify = { slots: 0, bookings: 0, overbooked: 0, mismatches: 0 }
  const findings: string[] = []
  for (const report of reports) {
    verify.slots += report.slots
    verify.bookings += report.bookings
    verify.overbooked += report.overbooked
    verify.mismatches += report.mismatches
    for (const detail of report.details) {
      if (findings.length < 20) findings.push(`${detail.kind}: ${detail.message}`)
    }
  }
  return { verify, findings }
}

import type { CaseBody } from '@holdfast/contract'
import { projectCases } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/engine'
import { caseBody } from './case-body.ts'
import { timeText } from './time-text.ts'

/**
 * The bodies of listed cases, with their projected times, and the case that each has to wait for: that which has
 * something of it longest. The engine knows also of what was given back by mistake.
 *
 * @param others cases that may delay the listed ones; these may be among them
 */
export function projectedCases(listed: readonly Case[], now: Date, others: readonly Case[] = []): CaseBody[] {
  const bodies = new Map([...others, ...listed].map((one) => [one.id, caseBody(one)]))
  const projections = projectCases([...bodies.values()], now.getTime())
  return listed.flatMap(({ id }) => {
    const [body, projection] = [bodies.get(id), projections.get(id)]
    if (body === undefined || projection === undefined) return []
    if (body.status === 'FAILED' || body.status === 'CANCELLED') return [body]
    return [
      {
        ...body,
        projectedStartsAt: timeText(new Date(projection.startsAt)),
        projectedEndsAt: timeText(new Date(projection.endsAt)),
        atRiskBy: projection.waitsFor ?? body.atRiskBy,
      },
    ]
  })
}

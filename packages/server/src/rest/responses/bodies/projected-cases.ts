import type { CaseBody } from '@holdfast/contract'
import { projectCases } from '@holdfast/contract/case-state'
import type { Case, Equipment } from '@holdfast/engine'
import { caseBody } from './case-body.ts'
import { timeText } from './time-text.ts'

export type DelayingCases = { cases: readonly Case[]; equipment: readonly Equipment[] }

/**
 * The bodies of listed cases, with their projected times, and the case that each has to wait for: that which has
 * something of it longest. The engine knows also of what was given back by mistake.
 *
 * @param delaying cases that may delay the listed ones, which may be among them, and what equipment there is
 */
export function projectedCases(listed: readonly Case[], now: Date, delaying: DelayingCases): CaseBody[] {
  const { cases: others, equipment } = delaying
  const bodies = new Map([...others, ...listed].map((one) => [one.id, caseBody(one)]))
  const projections = projectCases([...bodies.values()], equipment, now.getTime())
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

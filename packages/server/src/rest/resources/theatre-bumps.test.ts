import { plantFunction } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { aTheatre, test, theatreDay, theatreTime } from '../../../test/theatre-scene.ts'

type Theatre = Awaited<ReturnType<typeof aTheatre>>
type Bumped = { emergencyId: string | null; reply: { status: number; problem: object } }
type Bump = (caseIds: string[], urgency: string) => Promise<Bumped>

/** Both ways to bump cases for an emergency in the first room at 08:00. */
const ways: Record<string, (theatre: Theatre, rest: RestApp) => Bump> = {
  'POST /cases with bump': (theatre) => async (caseIds, urgency) => {
    const reply = await theatre.book({ urgency, bump: { caseIds, reason: 'Bleeding' } })
    return { emergencyId: null, reply }
  },
  'POST /cases/{id}/bump': (theatre, rest) => async (caseIds, urgency) => {
    const { body } = await theatre.book({ urgency, startsAt: theatreTime('16:00'), confirm: true })
    const move = { caseIds, reason: 'Bleeding', startsAt: theatreTime('08:00') }
    const path = { caseId: body.id }
    return { emergencyId: body.id, reply: await rest.call('bumpCases', { path, as: theatre.staff, body: move }) }
  },
}

describe.each(Object.entries(ways))('%s', (_, way) => {
  test('refuses an elective emergency', async ({ rest, theatre }) => {
    const { id } = (await theatre.book({ confirm: true })).body
    const { reply, emergencyId } = await way(theatre, rest)([id], 'elective')
    const bumpRefusals = [{ caseId: emergencyId, reason: 'emergency_is_elective' }]
    expect(reply.problem).toMatchObject({ status: 409, code: 'bump_refused', bumpRefusals })
    expect(await statusOf(theatre, rest, id)).toBe('CONFIRMED')
  })

  test('refuses to bump a case that is not elective, and one that is not in the way', async ({ rest, theatre }) => {
    const urgent = (await theatre.book({ urgency: 'expedited', confirm: true })).body
    const later = (await theatre.book({ startsAt: theatreTime('12:00'), confirm: true })).body
    const { reply } = await way(theatre, rest)([later.id, urgent.id], 'immediate')
    expect(reply.problem).toMatchObject({
      status: 409,
      code: 'bump_refused',
      detail: 'Only elective cases are bumped.',
      bumpRefusals: [
        { caseId: urgent.id, reason: 'not_elective' },
        { caseId: later.id, reason: 'not_in_the_way' },
      ],
    })
    for (const { id } of [urgent, later]) expect(await statusOf(theatre, rest, id)).toBe('CONFIRMED')
  })

  test('bumps the cases that the refusal without it has named', async ({ rest, theatre }) => {
    const { id } = (await theatre.book({ confirm: true })).body
    const [refused, elective] = [await theatre.book({ urgency: 'urgent' }), await theatre.book()]
    expect(refused.problem.conflicts?.[0]).toMatchObject({ caseId: id, bumpableCaseIds: [id] })
    expect(elective.problem.conflicts?.[0]).not.toHaveProperty('bumpableCaseIds')
    expect((await way(theatre, rest)([id], 'urgent')).reply.status).toBeLessThan(300)
    expect(await statusOf(theatre, rest, id)).toBe('CANCELLED')
  })
})

test('the report counts a bumped case that was confirmed, and no hold', async ({ rest, theatre }) => {
  const other = { startsAt: theatreTime('10:00') }
  const bumped = [await theatre.book({ confirm: true }), await theatre.book(other)].map(({ body }) => body.id)
  const request = { urgency: 'urgent', minutes: 180, bump: { caseIds: bumped, reason: 'Bleeding' } }
  expect((await theatre.book(request)).status).toBe(201)
  const query = { from: theatreDay, to: theatreDay }
  const { body } = await rest.call('getTheatreReport', { path: theatre.path, as: theatre.admin, query })
  expect(body.total).toMatchObject({ cancelled: 1, cancellations: [{ reason: 'bumped', count: 1 }] })
})

// The last test: all have one database.
test('negative control: without the rules, an elective case displaces an urgent one', async ({ database, rest }) => {
  await plantFunction(database, 'bump_refusals', { part: 'begin', becomes: `begin return '[]'::jsonb;` })
  for (const way of Object.values(ways)) {
    const theatre = await aTheatre(database, rest)
    const { id } = (await theatre.book({ urgency: 'urgent', confirm: true })).body
    expect((await way(theatre, rest)([id], 'elective')).reply.status).toBeLessThan(300)
    expect(await statusOf(theatre, rest, id)).toBe('CANCELLED')
  }
})

async function statusOf({ staff }: Theatre, rest: RestApp, caseId: string): Promise<string> {
  return (await rest.call('getCase', { path: { caseId }, as: staff })).body.status
}

// Rest: each operation without a second factor
import { expect } from 'vitest'
import { aScene, guarded, send } from '../../../test/access-scene.ts'
import { test } from '../../../test/rest-test.ts'

/** Operations that the account of a patient or anybody may call need no second factor. */
const ofRoles = guarded.filter(
  ([, { access }]) => !['account', 'site_administrator', 'booking', 'booking_patient'].includes(access),
)

test.for(ofRoles)('%s in a clinic that requires a second factor: 403 without one', async ([id], { database, rest }) => {
  const scene = await aScene(database, rest)
  await rest.engine.directory.setRolesNeedSecondFactor(scene.clinic.no, true)
  const people = [scene.staff, scene.admin, scene.ownDoctor]
  for (const as of people) {
    expect((await send(rest, id, scene.ids, { as })).problem).toMatchObject({
      status: 403,
      code: 'second_factor_required',
    })
  }
  // The control: the same request in a session that was started with one is decided by the role.
  for (const as of people) {
    const shown = rest.anAccount({ ...as, secondFactorAt: new Date() })
    const reply = await send(rest, id, scene.ids, { as: shown })
    if (reply.status === 403) expect(reply.problem.code).not.toBe('second_factor_required')
  }
})

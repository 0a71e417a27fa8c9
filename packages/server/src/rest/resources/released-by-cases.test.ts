import { describe, expect } from 'vitest'
import { test } from '../../../test/theatre-scene.ts'

const minuteMs = 60_000
const turnoverMinutes = 30
const reprocessingMinutes = 60

describe('a case whose patient has left delays others until a check finds its room and equipment free', () => {
  test.for([
    { name: 'if it ran into the next one', planned: -120, inRoom: -100, next: -20 },
    { name: 'if it was over before its planned start', planned: 150, inRoom: -40, next: 10 },
  ])('$name', async ({ planned, inRoom, next }, { rest, theatre }) => {
    const { path, staff: as, admin, roomOne, roomTwo, doctor, otherSurgeon, robot } = theatre
    const now = Math.floor(Date.now() / minuteMs) * minuteMs
    const at = (minutes: number) => new Date(now + minutes * minuteMs).toISOString()
    const units = { units: 1, reprocessingMinutes }
    const equipmentPath = { ...path, equipmentId: robot.id }
    expect((await rest.call('updateEquipment', { path: equipmentPath, as: admin, body: units })).status).toBe(200)
    const equipment = [{ equipmentId: robot.id, units: 1 }]
    const book = async (change: object) =>
      (await theatre.book({ roomId: roomTwo.id, confirm: true, ...change })).body.id
    const first = await book({ startsAt: at(planned), equipment })
    const sameRoom = await book({ startsAt: at(next), surgeonId: otherSurgeon.id })
    const sameRobot = await book({ startsAt: at(5), minutes: 15, roomId: roomOne.id, surgeonId: doctor.id, equipment })
    for (const body of [
      { milestone: 'in_room', at: at(inRoom) },
      { milestone: 'out_of_room', at: at(-1) },
    ]) {
      expect((await rest.call('recordMilestone', { path: { caseId: first }, as, body })).status).toBe(200)
    }

    const days = { from: at(-1440).slice(0, 10), to: at(1440).slice(0, 10), limit: 9 }
    const { items } = (await rest.call('listCases', { path, as, query: days })).body
    const projected = (id: string) => items.find((one) => one.id === id)
    const wanted = theatre.newCase({ startsAt: at(1), roomId: roomTwo.id, equipment })
    const { conflicts } = (await rest.call('checkCase', { as, body: wanted })).body
    const busyUntil = (kind: string) => conflicts.find((one) => one.caseId === first && one.kind === kind)?.to
    expect([busyUntil('room'), busyUntil('equipment')]).toEqual([at(turnoverMinutes - 1), at(reprocessingMinutes - 1)])
    const found = [projected(sameRoom), projected(sameRobot)].map((one) => [one?.projectedStartsAt, one?.atRiskBy])
    expect(found).toEqual([
      [busyUntil('room'), first],
      [busyUntil('equipment'), first],
    ])
  })
})

import { newId } from '@holdfast/engine'
import { describe, expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'
import { aTheatre, theatreTime } from '../../../test/theatre-scene.ts'

const hours = [{ weekday: 1, from: '07:30', to: '24:00' }]

describe('rooms, staff and equipment', () => {
  test('are added by admins, and listed by name for every member', async ({ database, rest }) => {
    const { path, admin, staff, roomOne, roomTwo, surgeonAccount } = await aTheatre(database, rest)
    expect(roomOne).toEqual({
      id: roomOne.id,
      name: 'OR 1',
      site: null,
      turnoverMinutes: 0,
      hours: null,
      externalIds: [],
      active: true,
    })
    for (const as of [admin, staff, surgeonAccount]) {
      expect((await rest.call('listRooms', { path, as })).body.items).toEqual([roomOne, roomTwo])
    }
    const people = (await rest.call('listTheatreStaff', { path, as: staff })).body.items
    expect(people.map(({ name, profession }) => [name, profession])).toEqual([
      ['Dr Other', 'surgeon'],
      ['Dr Sleep', 'anaesthetist'],
      ['Dr Surgeon', 'surgeon'],
    ])
    const [robot] = (await rest.call('listEquipment', { path, as: staff })).body.items
    expect(robot).toMatchObject({ name: 'Robot', units: 2, reprocessingMinutes: 0, active: true })
  })

  test('are created with a site, hours, and the minutes to reprocess them', async ({ database, rest }) => {
    const { path, admin } = await aTheatre(database, rest)
    const room = { name: ' OR 3 ', site: 'East wing', hours }
    expect(await rest.call('createRoom', { path, as: admin, body: room })).toMatchObject({
      status: 201,
      body: { ...room, name: 'OR 3' },
    })
    const equipment = { name: 'C-arm', units: 1, reprocessingMinutes: 20 }
    expect((await rest.call('createEquipment', { path, as: admin, body: equipment })).body).toMatchObject(equipment)
  })

  test('are changed and deactivated; what is not sent stays', async ({ database, rest }) => {
    const { clinic, path, admin, roomTwo, surgeon, robot } = await aTheatre(database, rest)
    const room = { path: { ...path, roomId: roomTwo.id }, as: admin }
    const closed = await rest.call('updateRoom', { ...room, body: { active: false, hours } })
    expect(closed.body).toEqual({ ...roomTwo, active: false, hours })
    const reopened = await rest.call('updateRoom', { ...room, body: { active: true, hours: null, name: ' OR 2b ' } })
    expect(reopened.body).toEqual({ ...roomTwo, name: 'OR 2b' })
    const person = await rest.call('updateTheatreStaff', {
      path: { ...path, staffId: surgeon.id },
      as: admin,
      body: { preferredEquipmentIds: [robot.id] },
    })
    expect(person.body).toEqual({ ...surgeon, preferredEquipmentIds: [robot.id] })
    const machine = await rest.call('updateEquipment', {
      path: { ...path, equipmentId: robot.id },
      as: admin,
      body: { units: 3 },
    })
    expect(machine.body).toEqual({ ...robot, units: 3 })
    const changes = rest.audited.filter(({ kind, clinicNo }) => kind === 'theatre_changed' && clinicNo === clinic.no)
    expect(changes.at(-1)).toMatchObject({ subjectId: robot.id, details: ['equipment', 'units'] })
  })

  test('a doctor of the clinic prefers equipment too, which their cases should have', async ({ database, rest }) => {
    const { clinic, path, admin, doctor, robot, book, surgeonAccount } = await aTheatre(database, rest)
    const elsewhere = await aTheatre(database, rest)
    const listed = async () => (await rest.call('listTheatreDoctors', { path, as: surgeonAccount })).body.items
    const before = { id: doctor.id, name: expect.any(String), preferredEquipmentIds: [], active: true }
    expect(await listed()).toEqual([before])
    const change = (doctorId: string, equipmentId = robot.id) => {
      const body = { preferredEquipmentIds: [equipmentId] }
      return rest.call('updateTheatreDoctor', { path: { ...path, doctorId }, as: admin, body })
    }
    const after = { ...before, preferredEquipmentIds: [robot.id] }
    expect((await change(doctor.id)).body).toEqual(after)
    expect(await listed()).toEqual([after])
    expect(
      rest.audited.findLast(({ kind, clinicNo }) => kind === 'theatre_changed' && clinicNo === clinic.no),
    ).toMatchObject({
      subjectId: doctor.id,
      details: ['doctor', 'preferredEquipmentIds'],
    })
    const { problem } = await book({ surgeonId: doctor.id })
    const missing = { code: 'preferred_equipment', isSoft: true, resourceId: robot.id, name: 'Robot' }
    expect(problem).toMatchObject({ status: 409, code: 'preferred_equipment_missing', conflicts: [missing] })
    const equipment = [{ equipmentId: robot.id, units: 1 }]
    expect((await book({ surgeonId: doctor.id, equipment })).status).toBe(201)

    for (const id of [elsewhere.doctor.id, robot.id, newId(clinic.no)]) {
      expect((await change(id)).problem).toMatchObject({ status: 404, code: 'doctor_not_found' })
    }
    const unknown = { code: 'theatre_resource_not_found', errors: [{ path: '/preferredEquipmentIds/0' }] }
    expect((await change(doctor.id, elsewhere.robot.id)).problem).toMatchObject(unknown)
    expect(await listed()).toEqual([after])
  })

  test('fewer units than cases have are refused, and the cases are named', async ({ database, rest }) => {
    const { path, admin, staff, robot, book } = await aTheatre(database, rest)
    const booked = await book({ equipment: [{ equipmentId: robot.id, units: 2 }] })
    expect(booked.status).toBe(201)
    const reduce = { path: { ...path, equipmentId: robot.id }, as: admin, body: { units: 1, name: 'Arm' } }
    const { problem } = await rest.call('updateEquipment', reduce)
    expect(problem).toMatchObject({ status: 409, code: 'units_in_use' })
    expect(problem.conflicts).toEqual([
      {
        code: 'resource_busy',
        isSoft: false,
        ofCaseId: null,
        kind: 'equipment',
        resourceId: robot.id,
        name: 'Robot',
        unit: 2,
        caseId: booked.body.id,
        slotId: null,
        from: theatreTime('08:00'),
        to: theatreTime('09:00'),
      },
    ])
    expect((await rest.call('listEquipment', { path, as: admin })).body.items).toEqual([robot])
    expect(rest.audited.filter(({ subjectId, kind }) => subjectId === robot.id && kind === 'theatre_changed')).toEqual([
      expect.objectContaining({ details: ['equipment'] }),
    ])
    const body = { reasonCode: 'patient_cancelled' }
    await rest.call('cancelCase', { path: { caseId: booked.body.id }, as: staff, body })
    expect((await rest.call('updateEquipment', reduce)).body).toEqual({ ...robot, units: 1, name: 'Arm' })
  })

  test('are made inactive while cases have them only if the request says so', async ({ database, rest }) => {
    const { path, admin, book, roomOne, surgeon } = await aTheatre(database, rest)
    const booked = (await book({ confirm: true })).body
    const use = { code: 'resource_busy', caseId: booked.id, from: theatreTime('08:00') }
    const body = { active: false }
    const closeRoom = (query = {}) =>
      rest.call('updateRoom', { path: { ...path, roomId: roomOne.id }, as: admin, query, body })
    const closed = (await closeRoom()).problem
    expect(closed).toMatchObject({ status: 409, code: 'resource_in_use', conflicts: [{ ...use, kind: 'room' }] })
    const leave = (query = {}) =>
      rest.call('updateTheatreStaff', { path: { ...path, staffId: surgeon.id }, as: admin, query, body })
    expect((await leave()).problem).toMatchObject({ code: 'resource_in_use', conflicts: [{ ...use, kind: 'surgeon' }] })
    expect((await closeRoom({ withCases: true })).body).toMatchObject({ id: roomOne.id, active: false })
    expect((await leave({ withCases: true })).body).toMatchObject({ id: surgeon.id, active: false })
  })

  test('of another clinic, or of another kind, do not exist', async ({ database, rest }) => {
    const [here, there] = [await aTheatre(database, rest), await aTheatre(database, rest)]
    const { path, admin } = here
    for (const roomId of [there.roomOne.id, here.surgeon.id, here.doctor.id, newId(here.clinic.no)]) {
      const { problem } = await rest.call('updateRoom', { path: { ...path, roomId }, as: admin, body: { name: 'x' } })
      expect(problem).toMatchObject({ status: 404, code: 'theatre_resource_not_found' })
      expect(problem.errors?.[0]).toMatchObject({ path: '/path/roomId' })
    }
    const rooms = (await rest.call('listRooms', { path: there.path, as: there.admin })).body.items
    expect(rooms).toEqual([there.roomOne, there.roomTwo])
    const { problem } = await rest.call('createTheatreStaff', {
      path,
      as: admin,
      body: { name: 'x', profession: 'surgeon', preferredEquipmentIds: [here.robot.id, there.robot.id] },
    })
    expect(problem).toMatchObject({ status: 404, code: 'theatre_resource_not_found' })
    expect(problem.errors?.[0]?.path).toBe('/preferredEquipmentIds/1')
  })

  test('wrong input names the field', async ({ database, rest }) => {
    const { path, admin } = await aTheatre(database, rest)
    const wrong: ['createRoom' | 'createTheatreStaff' | 'createEquipment', object, string][] = [
      ['createRoom', { name: '' }, '/name'],
      ['createRoom', { name: 'x', turnoverMinutes: -1 }, '/turnoverMinutes'],
      ['createRoom', { name: 'x', turnoverMinutes: 481 }, '/turnoverMinutes'],
      ['createRoom', { name: 'x', colour: 'red' }, '/colour'],
      ['createRoom', { name: 'x', hours: [{ weekday: 8, from: '07:00', to: '08:00' }] }, '/hours/0/weekday'],
      ['createRoom', { name: 'x', hours: [...hours, { weekday: 1, from: '08:00', to: '08:00' }] }, '/hours/1/to'],
      ['createTheatreStaff', { name: 'x', profession: 'pilot' }, '/profession'],
      ['createEquipment', { name: 'x', units: 0 }, '/units'],
      ['createEquipment', { name: 'x', units: 1.5 }, '/units'],
      ['createEquipment', { name: 'x', units: 1, reprocessingMinutes: 2881 }, '/reprocessingMinutes'],
    ]
    for (const [id, body, field] of wrong) {
      const { problem } = await rest.call(id, { path, as: admin, body })
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
      expect(problem.errors?.map((error) => error.path)).toEqual([field])
    }
  })
})

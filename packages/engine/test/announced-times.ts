import { randomUUID } from 'node:crypto'
import { aSession, aTimeClaim, aVisitType, ofKind } from '@holdfast/testkit'
import { type AnnouncedScene, type AnnouncedWriteCase, at } from './announced-scene.ts'

const directoryOf = ({ doctor }: AnnouncedScene) => ({ kind: 'directory' as const, doctorIds: [doctor.id] })

async function aVisit({ database, doctor }: AnnouncedScene) {
  return aTimeClaim(await aSession(database, doctor), await aVisitType(database, { no: doctor.clinicNo }), 0)
}

async function heldVisit(scene: AnnouncedScene, action: 'confirm' | 'cancel') {
  const claim = await aVisit(scene)
  await scene.engine.series.hold([claim])
  const { bookingId } = claim
  return [{ bookingId, action, actorId: null, onBehalf: true, key: randomUUID(), reason: null }]
}

/** The writes of open sessions, and of visits in them. */
export const announcedTimes = {
  claimTime: {
    async prepare({ database, engine, doctor }) {
      const [session, type] = [await aSession(database, doctor), await aVisitType(database, { no: doctor.clinicNo })]
      return () => engine.claimTime(aTimeClaim(session, type, 0))
    },
    announced: ({ doctor }) => ({ kind: 'bookings', doctorIds: [doctor.id] }),
  },
  moveToTime: {
    async prepare({ database, engine, doctor }) {
      const [session, type] = [await aSession(database, doctor), await aVisitType(database, { no: doctor.clinicNo })]
      const claimed = ofKind(await engine.claimTime(aTimeClaim(session, type, 0)), 'booked')
      const { sessionId, startsAt } = aTimeClaim(session, type, 40)
      const bookingId = claimed.booking.id
      const move = { bookingId, sessionId, startsAt, visitTypeId: null, actorId: null, onBehalf: true }
      return () => engine.moveToTime(move)
    },
    announced: ({ doctor }) => ({ kind: 'bookings', doctorIds: [doctor.id] }),
  },
  'series.hold': {
    async prepare(scene) {
      const claim = await aVisit(scene)
      return () => scene.engine.series.hold([claim])
    },
    announced: ({ doctor }) => ({ kind: 'bookings', doctorIds: [doctor.id] }),
  },
  'series.confirm': {
    async prepare(scene) {
      const confirmations = await heldVisit(scene, 'confirm')
      const { clinicNo } = scene.doctor
      return () => scene.engine.series.confirm({ clinicNo, every: 1, unit: 'week', confirmations })
    },
    announced: ({ doctor }) => ({ kind: 'bookings', doctorIds: [doctor.id] }),
  },
  'series.cancel': {
    async prepare(scene) {
      const cancellations = await heldVisit(scene, 'cancel')
      return () => scene.engine.series.cancel({ cancellations, reachedBy: null })
    },
    announced: ({ doctor }) => ({ kind: 'bookings', doctorIds: [doctor.id] }),
  },
  'sessions.create': {
    prepare: at(({ engine, doctor, other: { endsAt } }) =>
      engine.sessions.create({
        doctorId: doctor.id,
        drafts: [{ startsAt: endsAt, endsAt: new Date(endsAt.getTime() + 3_600_000) }],
        gridMinutes: 10,
        visitTypeIds: null,
      }),
    ),
    announced: directoryOf,
  },
  'sessions.withdraw': {
    async prepare({ database, engine, doctor }) {
      const session = await aSession(database, doctor)
      return () => engine.sessions.withdraw(session.id, doctor.id)
    },
    announced: directoryOf,
  },
} satisfies Record<string, AnnouncedWriteCase>

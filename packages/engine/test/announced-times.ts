import { aSession, aTimeClaim, aVisitType } from '@holdfast/testkit'
import { type AnnouncedScene, type AnnouncedWriteCase, at } from './announced-scene.ts'

const directoryOf = ({ doctor }: AnnouncedScene) => ({ kind: 'directory' as const, doctorIds: [doctor.id] })

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
      const claimed = await engine.claimTime(aTimeClaim(session, type, 0))
      if (claimed.kind !== 'booked') throw new Error(claimed.kind)
      const { sessionId, startsAt } = aTimeClaim(session, type, 40)
      const bookingId = claimed.booking.id
      const move = { bookingId, sessionId, startsAt, visitTypeId: null, actorId: null, onBehalf: true }
      return () => engine.moveToTime(move)
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

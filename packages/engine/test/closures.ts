import { randomUUID } from 'node:crypto'
import type { BuiltDoctor, TestDatabase } from '@holdfast/testkit'
import { ofKind } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import type { NewClosure } from '../src/model/closure.ts'
import type { Engine } from '../src/model/engine.ts'

type Span = { startsAt: Date; endsAt: Date }

/** Of a clinic in UTC, whose doctor is closed in this time. */
export function closing({ clinicNo, id: doctorId }: BuiltDoctor, { startsAt, endsAt }: Span): NewClosure {
  const local = (at: Date) => at.toISOString().slice(0, 16)
  const time = { localStart: local(startsAt), localEnd: local(endsAt), yearly: false }
  return { clinicNo, doctorId, ...time, note: 'Away', createdBy: randomUUID() }
}

export async function close(engine: Engine, closure: NewClosure) {
  return ofKind(await engine.closures.create(closure, null), 'done').closure
}

export async function areBlocked(database: TestDatabase, ...slots: { id: string }[]): Promise<boolean[]> {
  const { rows } = await database.ownerPool.query<{ id: string; blocked: boolean }>(sql`
    select id, blocked_at is not null as blocked from holdfast.slot where id = any (${slots.map(({ id }) => id)})`)
  return slots.map((slot) => rows.find(({ id }) => id === slot.id)?.blocked ?? false)
}

type Closing = { engine: Engine; doctor: BuiltDoctor; slot: Span }

const announced = ({ doctor }: Closing) => ({ kind: 'directory' as const, doctorIds: [doctor.id] })

/** The writes of closures for committed-writes.test.ts, each of which blocks or frees the slot. */
export const closureWrites = {
  'closures.create': {
    async prepare({ engine, doctor, slot }: Closing) {
      return () => engine.closures.create(closing(doctor, slot), null)
    },
    announced,
  },
  'closures.change': {
    async prepare({ engine, doctor, slot }: Closing) {
      const { id } = await close(
        engine,
        closing(doctor, { startsAt: new Date(slot.startsAt.getTime() - 900_000), endsAt: slot.startsAt }),
      )
      const { localEnd } = closing(doctor, slot)
      return () => engine.closures.change(doctor.clinicNo, id, { localEnd })
    },
    announced,
  },
  'closures.remove': {
    async prepare({ engine, doctor, slot }: Closing) {
      const { id } = await close(engine, closing(doctor, slot))
      return () => engine.closures.remove(doctor.clinicNo, id)
    },
    announced,
  },
}

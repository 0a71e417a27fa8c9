import type { Case } from '@holdfast/contract/client'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusesField } from '../../../lib/api/api-error.ts'
import { formatTime } from '../../../lib/i18n/format.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import { enteredEnd, expectedEndTime, minuteOf } from '../case-state.ts'
import { useTheatre } from '../use-theatre.ts'
import { FormFrame } from './form-frame.tsx'
import { useCaseAction } from './use-case-action.ts'

const isTooEarly = (error: Error) => refusesField(error, 'expectedEndsAt')

/** Says when a running case is expected to end. */
export function ExtendForm({ one, onDone }: { one: Case; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const action = useCaseAction<unknown>({ shows: isTooEarly })
  /** The time that is there first; `isNow`: because the case should have ended. */
  const [offered] = useState(() => {
    const now = serverNow()
    return { time: expectedEndTime(one, timeZone, now), isNow: Date.parse(one.expectedEndsAt) < minuteOf(now) }
  })
  const [time, setTime] = useState(offered.time)
  /** The first time that would have been accepted; null: nothing was refused. */
  const [earliest, setEarliest] = useState<number | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const refuse = () => {
    setEarliest(minuteOf(serverNow()))
    input.current?.focus()
  }
  const submit = () => {
    const now = serverNow()
    // It stays now, however long the form was open.
    const isNow = offered.isNow && time === offered.time
    const expectedEndsAt = isNow ? new Date(minuteOf(now)).toISOString() : enteredEnd(one, { time, timeZone, now })
    if (expectedEndsAt === null) return refuse()
    setEarliest(null)
    action.mutate(
      {
        run: () => dataOf(api.extendCase({ path: { caseId: one.id }, body: { expectedEndsAt } })),
        done: t('extend.done'),
      },
      { onError: (error) => (isTooEarly(error) ? refuse() : undefined) },
    )
  }
  return (
    <FormFrame isBusy={action.isPending} submit={t('save')} onLeave={onDone} onSubmit={submit}>
      <TimeField
        ref={input}
        required
        label={t('field.expectedEnd')}
        description={t('extend.help')}
        error={earliest === null ? null : t('extend.tooEarly', { time: formatTime(earliest, timeZone) })}
        value={time}
        onChange={(value) => {
          setTime(value)
          setEarliest(null)
        }}
      />
    </FormFrame>
  )
}

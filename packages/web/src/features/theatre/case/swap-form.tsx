import type { Case } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { NativeSelect, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { isFinal, RefusedError } from '../../../lib/api/api-error.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { comma, formatTimes } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { boardQuery } from '../board-query.ts'
import { isMovable } from '../case-state.ts'
import type { Names } from '../conflict-text.ts'
import { Refusal } from '../refusal.tsx'
import type { Resolution } from '../resolution.ts'
import { useTheatre } from '../use-theatre.ts'
import { FormFrame } from './form-frame.tsx'

type Swap = { caseId: string } & Pick<Resolution, 'override'>

/** Two cases of a day change places: rooms and starts. Both are moved or neither. */
export function SwapForm({ one, names, onDone }: { one: Case; names: Names; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone, reread } = useTheatre()
  const day = localDay(one.startsAt, timeZone)
  const board = useQuery(boardQuery(clinicId, day, 1))
  const others = (board.data?.cases ?? []).filter((other) => other.id !== one.id && isMovable(other))
  const [otherId, setOtherId] = useState('')
  // After a lost response, the same request finds the cases swapped: a new one would swap them back.
  const requestKeys = useRequestKeys()
  const [mayBeDone] = useState(() => new Map<string, Swap>())
  const swapping = useMutation({
    mutationFn: ({ caseId, override }: Swap) => {
      const body = { caseId, ...(override === undefined ? {} : { override }) }
      return dataOf(api.swapCases({ path: { caseId: one.id }, body, headers: requestKeys.headersFor(body) }))
    },
    onSuccess: () => {
      toastDone({ message: t('swap.done') })
      onDone()
    },
    onError: (error, swap) => {
      if (isFinal(error)) mayBeDone.delete(swap.caseId)
      else mayBeDone.set(swap.caseId, swap)
    },
    onSettled: reread,
  })
  const { error } = swapping
  const conflicts = error instanceof RefusedError ? (error.problem.conflicts ?? []) : []
  if (board.data !== undefined && others.length === 0) return <Text>{t('swap.none')}</Text>
  return (
    <>
      <FormFrame
        isBusy={swapping.isPending}
        submit={t('swap.submit')}
        onLeave={onDone}
        onSubmit={() => {
          swapping.mutate(mayBeDone.get(otherId) ?? { caseId: otherId })
        }}
      >
        <NativeSelect
          label={t('swap.with')}
          required
          value={otherId}
          onChange={({ currentTarget }) => setOtherId(currentTarget.value)}
          data={[
            { value: '', label: t('swap.choose') },
            ...others.map(({ id, roomId, startsAt, endsAt, procedure }) => ({
              value: id,
              label: [names.room(roomId), formatTimes(startsAt, endsAt, timeZone), procedure.display]
                .map(isolated)
                .join(`${comma()} `),
            })),
          ]}
        />
      </FormFrame>
      {error === null ? null : conflicts.length === 0 ? (
        <ErrorState error={error} />
      ) : (
        <div role="alert">
          <strong>{t('swap.refused')}</strong>
          <Refusal
            conflicts={conflicts}
            day={day}
            isBusy={swapping.isPending}
            submit={t('override.swap')}
            onResolve={({ override }) => {
              swapping.mutate({ caseId: otherId, ...(override ? { override } : {}) })
            }}
          />
        </div>
      )}
    </>
  )
}

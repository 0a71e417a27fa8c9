import type { Block, BlockChange, Case } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { comma, formatDate, formatNumber, formatTimes } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { theatreKey } from '../board-query.ts'
import { FormFrame } from '../case/form-frame.tsx'
import { useCaseAction } from '../case/use-case-action.ts'
import { useTheatre } from '../use-theatre.ts'
import { isSameOwner, type Owner, OwnerFields, ownerOf, ownerOfBlock } from './owner-fields.tsx'
import { WholeNumber } from './whole-number.tsx'

type Form = 'change' | 'withdraw'

/** Fills a block from the waitlist; admins also release it, give it to somebody else, resize and withdraw it. */
export function BlockActions({ block }: { block: Block }) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone, isAdmin } = useTheatre()
  const action = useCaseAction<unknown>()
  const filling = useFillBlock(block)
  const [form, setForm] = useState<Form | null>(null)
  const path = { clinicId, blockId: block.id }
  const when = `${formatDate(localDay(block.from, timeZone))}${comma()} ${formatTimes(block.from, block.to, timeZone)}`
  const change = (body: BlockChange, done: string) =>
    action.mutate({ run: () => dataOf(api.changeBlock({ path, body })), done })
  const button = (label: string, run: () => void, isBusy = action.isPending) => (
    <ActionButton
      size="sm"
      variant="default"
      isBusy={isBusy}
      aria-label={t('blocks.actionOf', { action: label, when })}
      onClick={run}
    >
      {label}
    </ActionButton>
  )
  const close = () => setForm(null)
  if (form === 'change') return <BlockChangeForm block={block} onDone={close} />
  if (form === 'withdraw') return <WithdrawBlock block={block} onDone={close} />
  const progress = filling.progress ?? block.filling
  const isOwned = block.service !== null || block.surgeonId !== null
  return (
    <>
      <div className={layoutClasses.actions}>
        {button(t('blocks.fill'), () => filling.mutate(), filling.isPending)}
        {isAdmin && isOwned
          ? block.isReleased
            ? button(t('blocks.reclaim'), () => change({ action: 'reclaim' }, t('blocks.reclaimed')))
            : button(t('blocks.release'), () => change({ action: 'release' }, t('blocks.releasedNow')))
          : null}
        {isAdmin ? button(t('blocks.change'), () => setForm('change')) : null}
        {isAdmin ? button(t('blocks.withdraw'), () => setForm('withdraw')) : null}
      </div>
      <div role="status">
        {progress === null ? null : (
          <Text size="sm">
            {progress.examined === 0
              ? t('blocks.fillingStarted')
              : t('blocks.filling', {
                  examined: formatNumber(progress.examined),
                  booked: formatNumber(progress.booked),
                })}
          </Text>
        )}
      </div>
      {filling.isError ? <ErrorState error={filling.error} /> : null}
    </>
  )
}

type Progress = NonNullable<Block['filling']>

/**
 * Books what fits, in steps whose progress it has, and says what that was. A press after a failure goes on. Leaving the
 * block ends it after the step that is running.
 */
function useFillBlock(block: Block) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const requestKeys = useRequestKeys()
  const [progress, setProgress] = useState<Progress | null>(null)
  const step = useRef<FillStep>(firstStep)
  const isShown = useRef(true)
  useEffect(() => {
    isShown.current = true
    return () => {
      isShown.current = false
    }
  }, [])
  const path = { clinicId, blockId: block.id }
  const fill = async () => {
    for (;;) {
      const { cursor, items, examined } = step.current
      const body = { confirm: true, ...(cursor === null ? {} : { cursor }) }
      const done = await dataOf(api.fillBlock({ path, body, headers: requestKeys.headersFor({ ...path, cursor }) }))
      const all = { cursor: done.nextCursor, items: [...items, ...done.items], examined: examined + done.examined }
      if (all.cursor === null || !isShown.current) return all
      step.current = all
      setProgress({ examined: all.examined, booked: all.items.length })
    }
  }
  const mutation = useMutation({
    mutationFn: fill,
    onSuccess: ({ items }) => {
      requestKeys.clear()
      step.current = firstStep
      const names = items.map(({ procedure }) => procedure.display).join(`${comma()} `)
      const booked = formatNumber(items.length)
      toastDone({ message: items.length === 0 ? t('blocks.filledNone') : t('blocks.filled', { booked, names }) })
    },
    onSettled: () => {
      setProgress(null)
      return reread()
    },
  })
  return {
    mutate: () => mutation.mutate(),
    isPending: mutation.isPending,
    isError: mutation.isError,
    error: mutation.error,
    progress,
  }
}

type FillStep = { cursor: string | null; items: readonly Case[]; examined: number }
const firstStep: FillStep = { cursor: null, items: [], examined: 0 }

/** Asks first: the cases of a withdrawn block end with it. */
function WithdrawBlock({ block, onDone }: { block: Block; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const action = useCaseAction<unknown>()
  const path = { clinicId, blockId: block.id }
  const affected = useQuery({
    queryKey: [...theatreKey(clinicId), 'withdrawal', block.id],
    queryFn: () => dataOf(api.withdrawBlock({ path, query: { dryRun: true, withBookings: true } })),
  })
  if (affected.isError) return <ErrorState error={affected.error} retry={() => void affected.refetch()} />
  const all = affected.data?.bookings ?? []
  const held = all.filter(({ status }) => status === 'PENDING').length
  const cases = all.length - held
  return (
    <FormFrame
      isBusy={action.isPending || affected.isPending}
      submit={t('blocks.withdraw')}
      onLeave={onDone}
      onSubmit={() =>
        action.mutate(
          {
            run: () => dataOf(api.withdrawBlock({ path, query: { withBookings: all.length > 0 } })),
            done: t('blocks.withdrawn'),
          },
          { onSuccess: onDone },
        )
      }
    >
      {all.length === 0 ? <Text>{t('blocks.withdrawEmpty')}</Text> : null}
      {cases === 0 ? null : <Text>{t('blocks.withdrawCases', { cases: formatNumber(cases) })}</Text>}
      {held === 0 ? null : <Text>{t('blocks.withdrawHeld', { cases: formatNumber(held) })}</Text>}
    </FormFrame>
  )
}

/** Gives a block to another service or surgeon, and changes how many minutes it has for cases. */
function BlockChangeForm({ block, onDone }: { block: Block; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const [owner, setOwner] = useState<Owner>(ownerOfBlock(block))
  const [minutes, setMinutes] = useState<number | string>(block.minutes)
  const changes: BlockChange[] = [
    ...(isSameOwner(owner, ownerOfBlock(block)) ? [] : [{ action: 'take_over' as const, ...ownerOf(owner) }]),
    ...(Number(minutes) === block.minutes ? [] : [{ action: 'resize' as const, minutes: Number(minutes) }]),
  ]
  const changing = useMutation({
    // Each can be repeated, so what a failure leaves undone is done by sending all again.
    mutationFn: async () => {
      for (const body of changes) await dataOf(api.changeBlock({ path: { clinicId, blockId: block.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t('blocks.changed') })
      onDone()
    },
    onSettled: reread,
  })
  const lengthMinutes = Math.round((Date.parse(block.to) - Date.parse(block.from)) / 60_000)
  return (
    <FormFrame
      isBusy={changing.isPending}
      submit={t('save')}
      onLeave={onDone}
      onSubmit={() => (changes.length === 0 ? onDone() : changing.mutate())}
    >
      <OwnerFields owner={owner} onChange={setOwner} />
      <WholeNumber
        label={t('blocks.minutes')}
        description={t('blocks.minutesHelp')}
        min={1}
        max={lengthMinutes}
        value={minutes}
        onChange={setMinutes}
      />
      {changing.isError ? <ErrorState error={changing.error} /> : null}
    </FormFrame>
  )
}

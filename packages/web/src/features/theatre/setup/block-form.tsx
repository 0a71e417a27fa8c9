import type { CreatedBlocks, NewBlock } from '@holdfast/contract/client'
import { localDay, theatreLimits } from '@holdfast/vocabulary'
import { Checkbox, Group, List, NativeSelect, SegmentedControl, Stack, Text } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import type { SyntheticEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { comma, formatDate, formatNumber, formatTimes } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import { WeekdaysField } from '../../../ui/fields/weekdays-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useTheatre } from '../use-theatre.ts'
import { type BlockDraft, newBlockDraft, newBlockOf } from './block-draft.ts'
import { ExceptDates } from './except-dates.tsx'
import { OwnerFields } from './owner-fields.tsx'

type BlockFormProps = { rooms: readonly { id: string; name: string }[]; firstDay: string; onDone: () => void }
type Form = UseFormReturnType<BlockDraft>

/** The name of the button that submits the form without creating anything: so the fields are checked as well. */
const preview = 'preview'

/** Creates a single block, or those of a rule: every week, or on some weekdays of the month. */
export function BlockForm({ rooms, firstDay, onDone }: BlockFormProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const creating = useCreateBlocks()
  const form = useForm<BlockDraft>({
    initialValues: newBlockDraft(rooms[0]?.id ?? '', firstDay),
    validate: {
      weekdays: (days, { kind }) => (kind !== 'single' && days.length === 0 ? t('blocks.weekdayRequired') : null),
      weeksOfMonth: (weeks, { kind }) => (kind === 'monthly' && weeks.length === 0 ? t('blocks.weekRequired') : null),
    },
  })
  const send = form.onSubmit((draft, event) =>
    creating.mutate({ body: newBlockOf(draft, timeZone), dryRun: submitterOf(event) === preview }),
  )
  const { kind } = form.getValues()
  const input = form.getInputProps
  const isCreated = creating.data !== undefined && !creating.data.isDryRun
  return (
    <form onSubmit={send}>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t('blocks.kind')}
          data={(['weekly', 'monthly', 'single'] as const).map((value) => ({ value, label: t(`blocks.${value}`) }))}
          {...input('kind')}
        />
        <NativeSelect
          label={t('field.room')}
          data={rooms.map(({ id, name }) => ({ value: id, label: name }))}
          {...input('roomId')}
        />
        <OwnerFields owner={form.getValues().owner} onChange={(owner) => form.setFieldValue('owner', owner)} />
        {kind === 'single' ? null : <RuleFields form={form} />}
        <TimeFields form={form} />
        {kind === 'single' ? null : (
          <ExceptDates
            days={form.getValues().exceptDates}
            onChange={(days) => form.setFieldValue('exceptDates', days)}
          />
        )}
        {creating.isError ? <ErrorState error={creating.error} /> : null}
        {creating.data === undefined ? null : <Outcome created={creating.data} />}
        <Group>
          <ActionButton type="submit" isBusy={creating.isPending}>
            {t('blocks.create')}
          </ActionButton>
          <ActionButton type="submit" name={preview} variant="default" isBusy={creating.isPending}>
            {t('blocks.preview')}
          </ActionButton>
          {isCreated ? (
            <ActionButton variant="default" onClick={onDone}>
              {t('blocks.close')}
            </ActionButton>
          ) : null}
        </Group>
      </Stack>
    </form>
  )
}

/** The name of the button that submitted the form. */
function submitterOf(event: SyntheticEvent | undefined): string | null {
  const submitted = event?.nativeEvent
  return submitted instanceof SubmitEvent ? (submitted.submitter?.getAttribute('name') ?? null) : null
}

/** The days of the week, and of the month. */
function RuleFields({ form }: { form: Form }) {
  const { t } = useTranslation('theatre')
  return (
    <>
      <WeekdaysField label={t('blocks.weekdays')} {...form.getInputProps('weekdays')} />
      {form.getValues().kind === 'monthly' ? (
        <Checkbox.Group label={t('blocks.weeksOfMonth')} {...form.getInputProps('weeksOfMonth')}>
          <Group gap="md" mt={6}>
            {(['1', '2', '3', '4', '5', '-1'] as const).map((week) => (
              <Checkbox key={week} value={week} label={t(`blocks.weekOfMonth.${week}`)} />
            ))}
          </Group>
        </Checkbox.Group>
      ) : null}
    </>
  )
}

/** The start and the end, how much of it cases may take, and when it opens to all. */
function TimeFields({ form }: { form: Form }) {
  const { t } = useTranslation('theatre')
  const input = form.getInputProps
  const isSingle = form.getValues().kind === 'single'
  return (
    <>
      <div className={layoutClasses.shortFields}>
        <DateField required label={t(isSingle ? 'field.day' : 'blocks.from')} {...input('from')} />
        {isSingle ? null : <DateField required label={t('blocks.to')} {...input('to')} />}
        <TimeField required label={t('field.start')} {...input('startTime')} />
        <TimeField required label={t('blocks.end')} {...input('endTime')} />
      </div>
      <div className={layoutClasses.fields}>
        <BoundedNumber
          label={t('blocks.minutes')}
          description={t('blocks.minutesHelp')}
          placeholder={t('blocks.minutesAll')}
          min={1}
          max={theatreLimits.caseMinutesMax}
          allowDecimal={false}
          {...input('minutes')}
        />
        <NativeSelect label={t('blocks.releaseRule')} data={useReleaseRules()} {...input('releaseDays')} />
      </div>
    </>
  )
}

function useReleaseRules() {
  const { t } = useTranslation('theatre')
  return [
    { value: '', label: t('blocks.neverReleased') },
    ...[1, 2, 3, 5, 7, 10, 14, 21, 28].map((days) => ({
      value: String(days),
      label: t('blocks.daysBefore', { days: formatNumber(days, { style: 'unit', unit: 'day', unitDisplay: 'long' }) }),
    })),
  ]
}

type Created = CreatedBlocks & { isDryRun: boolean }

const conflictsShownMax = 10

/** What was created, or would be, and what not: nothing is left out silently. */
function Outcome({ created }: { created: Created }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const conflicts = created.items.filter(({ outcome }) => outcome === 'conflict')
  return (
    <div role="status">
      <Text>
        {t(created.isDryRun ? 'blocks.wouldCreate' : 'blocks.outcome', {
          created: formatNumber(created.created),
          skipped: formatNumber(created.skipped),
          conflicts: formatNumber(created.conflicts),
        })}
      </Text>
      {conflicts.length === 0 ? null : (
        <List size="sm" mt="xs">
          {conflicts.slice(0, conflictsShownMax).map(({ from, to, caseId }) => {
            const when = `${formatDate(localDay(from, timeZone))}${comma()} ${formatTimes(from, to, timeZone)}`
            return <List.Item key={from}>{caseId === null ? when : t('blocks.conflictCase', { when })}</List.Item>
          })}
          {conflicts.length > conflictsShownMax ? <List.Item>…</List.Item> : null}
        </List>
      )}
      {created.missingDates.length === 0 ? null : (
        <Text size="sm" mt="xs">
          {t('blocks.missingDates', { days: created.missingDates.map((day) => formatDate(day)).join(' · ') })}
        </Text>
      )}
    </div>
  )
}

function useCreateBlocks() {
  const { clinicId, reread } = useTheatre()
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: async ({ body, dryRun }: { body: NewBlock; dryRun: boolean }): Promise<Created> => {
      const headers = dryRun ? {} : requestKeys.headersFor(body)
      const created = await dataOf(api.createBlocks({ path: { clinicId }, query: { dryRun }, body, headers }))
      return { ...created, isDryRun: dryRun }
    },
    onSuccess: ({ isDryRun }) => {
      if (!isDryRun) requestKeys.clear()
    },
    onSettled: reread,
  })
}

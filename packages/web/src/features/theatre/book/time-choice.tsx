import type { DayRefusal, Suggestion, Suggestions } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { Button, Group, List, NativeSelect, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { comma, formatDate, formatDayTime } from '../../../lib/i18n/format.ts'
import { instantOf, localDateTime } from '../../../lib/time/local-time.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import type { Names } from '../conflict-text.ts'
import { type CaseDraft, needsOf } from '../draft/case-draft.ts'
import { useTheatre } from '../use-theatre.ts'

export type Place = { roomId: string; startsAt: string }
export type RoomOption = { id: string; name: string; active: boolean }

type TimeChoiceProps = {
  draft: CaseDraft
  place: Place | null
  /** All of the clinic: the active ones are offered. */
  rooms: readonly RoomOption[]
  /** The room that the request needs: no other one is searched while it is active. */
  neededRoomId?: string | null
  names: Names
  onPlace: (place: Place) => void
  /** Asks for suggestions at once. */
  isEager?: boolean
}

const searchedDays = 14
const suggestedMax = 8

/** Where and when: typed in, or one of the times that the server suggests. */
export function TimeChoice(props: TimeChoiceProps) {
  const { draft, place, rooms, neededRoomId = null, names, onPlace, isEager = false } = props
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone, today } = useTheatre()
  const needed = rooms.find(({ id }) => id === neededRoomId)
  const [from, setFrom] = useState(place === null ? today : localDay(place.startsAt, timeZone))
  const suggest = useMutation({
    mutationFn: (first: string): Promise<Suggestions> =>
      dataOf(
        api.suggestCaseTimes({
          path: { clinicId },
          body: {
            needs: needsOf(draft),
            from: first,
            to: addDays(first, searchedDays - 1),
            limit: suggestedMax,
            ...(needed?.active ? { roomIds: [needed.id] } : {}),
          },
        }),
      ),
  })
  const canSuggest = draft.surgeonId !== '' && draft.service.trim() !== '' && Number(draft.minutes) > 0
  const { mutate: ask } = suggest
  const searchFrom = (day: string) => {
    setFrom(day)
    ask(day)
  }
  const asksAtOnce = useRef(isEager && canSuggest)
  useEffect(() => {
    if (asksAtOnce.current) ask(from)
    asksAtOnce.current = false
  }, [ask, from])
  return (
    <Stack gap="md">
      <PlaceFields place={place} rooms={rooms} needed={needed} onPlace={onPlace} />
      <Group align="end">
        <DateField label={t('suggest.from')} value={from} onChange={setFrom} />
        <ActionButton
          variant="default"
          isBusy={suggest.isPending}
          disabled={!canSuggest || from === ''}
          onClick={() => ask(from)}
        >
          {t('suggest.submit')}
        </ActionButton>
      </Group>
      {canSuggest ? null : (
        <Text size="sm" c="dimmed">
          {t('suggest.needs')}
        </Text>
      )}
      {suggest.isError ? <ErrorState error={suggest.error} retry={() => ask(from)} /> : null}
      <div role="status">
        {suggest.data === undefined ? null : (
          <Found found={suggest.data} place={place} names={names} onPlace={onPlace} onSearchFrom={searchFrom} />
        )}
      </div>
    </Stack>
  )
}

type PlaceFieldsProps = Pick<TimeChoiceProps, 'place' | 'rooms' | 'onPlace'> & { needed: RoomOption | undefined }

function PlaceFields({ place, rooms, needed, onPlace }: PlaceFieldsProps) {
  const { t } = useTranslation('theatre')
  const { timeZone, today } = useTheatre()
  const offered = rooms.filter(({ id, active }) => active || id === place?.roomId)
  const local = place === null ? null : localDateTime(place.startsAt, timeZone)
  const [roomId, day, time] = [
    place?.roomId ?? (needed?.active ? needed : offered[0])?.id ?? '',
    local?.slice(0, 10) ?? today,
    local?.slice(11, 16) ?? '',
  ]
  const change = (next: { roomId?: string; day?: string; time?: string }) => {
    const wanted = { roomId, day, time, ...next }
    // What is no time, or none any more, is no wish for another one.
    if (wanted.roomId === '' || wanted.day === '' || next.time === '') return
    const startsAt = instantOf(wanted.day, wanted.time === '' ? '08:00' : wanted.time, timeZone)
    onPlace({ roomId: wanted.roomId, startsAt })
  }
  return (
    <div className={layoutClasses.shortFields}>
      <NativeSelect
        label={t('field.room')}
        description={
          needed === undefined
            ? null
            : t(needed.active ? 'conflict.room_not_requested' : 'suggest.neededGone', { name: needed.name })
        }
        value={roomId}
        onChange={({ currentTarget }) => change({ roomId: currentTarget.value })}
        data={offered.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <DateField label={t('field.day')} value={day} onChange={(value) => change({ day: value })} />
      <TimeField label={t('field.start')} value={time} onChange={(value) => change({ time: value })} />
    </div>
  )
}

type FoundProps = {
  found: Suggestions
  place: Place | null
  names: Names
  onPlace: (place: Place) => void
  onSearchFrom: (day: string) => void
}

function Found({ found, place, names, onPlace, onSearchFrom }: FoundProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const { searchedUntil } = found
  const isChosen = ({ roomId, startsAt }: Suggestion) =>
    place?.roomId === roomId && Date.parse(place.startsAt) === Date.parse(startsAt)
  return (
    <Stack gap="sm">
      {found.suggestions.length === 0 ? (
        <Text>{t(searchedUntil === null ? 'suggest.none' : 'suggest.noneYet')}</Text>
      ) : (
        <div className={layoutClasses.actions}>
          {found.suggestions.map((one) => (
            <Button
              key={`${one.roomId} ${one.startsAt}`}
              size="sm"
              variant={isChosen(one) ? 'filled' : 'default'}
              aria-pressed={isChosen(one)}
              onClick={() => onPlace({ roomId: one.roomId, startsAt: one.startsAt })}
            >
              {formatDayTime(one.startsAt, timeZone)} · {names.room(one.roomId)}
              {one.isOwnBlock ? ` · ${t('suggest.ownBlock')}` : null}
              {one.waivedRules.map((rule) => ` · ${t(`suggest.waived.${rule}`)}`)}
            </Button>
          ))}
        </div>
      )}
      {searchedUntil === null ? null : (
        <Group>
          <Text>{t('suggest.until', { day: formatDate(searchedUntil) })}</Text>
          <Button size="sm" variant="default" onClick={() => onSearchFrom(searchedUntil)}>
            {t('suggest.searchOn')}
          </Button>
        </Group>
      )}
      {found.refusals.length === 0 ? null : <Refusals refusals={found.refusals} />}
    </Stack>
  )
}

/** Why days have no time: `Mon 23 Nov: Dr. Chen is busy.` */
function Refusals({ refusals }: { refusals: readonly DayRefusal[] }) {
  const { t } = useTranslation('theatre')
  return (
    <details>
      <summary>{t('suggest.why')}</summary>
      <List size="sm" mt="xs">
        {refusals.map(({ day, reasons, busy }) => {
          const names = busy.flatMap(({ name }) => (name === null ? [] : [name]))
          const words = reasons.map((code) => t(`refusal.${code}`, { defaultValue: code }))
          const all = names.length === 0 ? words : [...words, t('refusal.names', { names: names.join(`${comma()} `) })]
          return (
            <List.Item key={day}>
              {formatDate(day)}: {all.join('; ')}
            </List.Item>
          )
        })}
      </List>
    </details>
  )
}

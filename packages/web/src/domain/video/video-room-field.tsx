import { TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { exampleOf, hasOwnRooms, roomProblem } from './video-room.ts'

type VideoRoomFieldProps = {
  /** null: it is being read. */
  value: string | null
  /** Problems are shown once somebody tried to save. */
  isTried: boolean
  onChange: (value: string) => void
}

/** Where a doctor's video visits take place, and what a visit's link would look like. */
export function VideoRoomField({ value, isTried, onChange }: VideoRoomFieldProps) {
  const { t } = useTranslation('schedule')
  const problem = roomProblem(value ?? '')
  const typed = (value ?? '').trim()
  return (
    <TextInput
      id="video-room"
      inputMode="url"
      dir="ltr"
      label={t('video.room')}
      description={
        <>
          {t('video.roomHelp')}
          {typed === '' || problem !== null ? null : (
            <>
              <br />
              {hasOwnRooms(typed) ? (
                <>
                  {t('video.example')} <bdi style={{ overflowWrap: 'anywhere' }}>{exampleOf(typed)}</bdi>
                </>
              ) : (
                t('video.shared')
              )}
            </>
          )}
        </>
      }
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder="https://"
      autoComplete="off"
      spellCheck={false}
      disabled={value === null}
      value={value ?? ''}
      error={isTried && problem !== null ? t(`video.invalid.${problem}`) : null}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

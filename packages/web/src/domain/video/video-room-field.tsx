import { TextInput } from '@mantine/core'
import type { GetInputPropsReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { exampleOf, hasUniqueRooms, roomProblem } from './video-room.ts'

type VideoRoomFieldProps = {
  /** null while it is loading. */
  value: string | null
  /** The form's `getInputProps` of the field. */
  inputProps: GetInputPropsReturnType
}

/** The address of a doctor's video visits, with an example of a visit's link. */
export function VideoRoomField({ value, inputProps }: VideoRoomFieldProps) {
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
              {hasUniqueRooms(typed) ? (
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
      placeholder="https://"
      autoComplete="off"
      spellCheck={false}
      disabled={value === null}
      {...inputProps}
      value={value ?? ''}
    />
  )
}

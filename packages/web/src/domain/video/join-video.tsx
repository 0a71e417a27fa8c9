import { Button, type ButtonProps, VisuallyHidden } from '@mantine/core'
import { IconVideo } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'

type JoinVideoProps = ButtonProps & {
  /** null if there is no visit to join now; then nothing is rendered. */
  url: string | null
  /** The patient's name, which screen readers add to the button's text where a page has several visits. */
  of?: string
  /** The button is in a row of a list, in which a column says that it is by video: its text is short. */
  isInRow?: boolean
}

/** Opens the video visit in a new tab without access to this one. */
export function JoinVideo({ url, of, isInRow = false, ...button }: JoinVideoProps) {
  const { t } = useTranslation('shell')
  if (url === null) return null
  return (
    <Button
      component="a"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      className="no-print"
      leftSection={<Icon of={IconVideo} size={18} />}
      {...button}
    >
      {t(isInRow ? 'joinVideoShort' : 'joinVideo')}
      <VisuallyHidden>
        {of === undefined ? '' : ` – ${of}`} ({t('newTab')})
      </VisuallyHidden>
    </Button>
  )
}

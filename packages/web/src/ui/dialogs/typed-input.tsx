import { Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

type Typed = {
  /** Instead of closing, somebody is asked whether to lose what was typed. */
  isAsking: boolean
  note: (event: FormEvent) => void
  /** Closes, or asks first. While it asks, it goes back to the form. */
  close: () => void
  keep: () => void
}

/**
 * Whether something was typed since `isWatched` became true, so that it is not lost by one key. What was saved is no
 * longer there to be lost: its field is gone with its form.
 */
export function useTyped(isWatched: boolean, onClose: () => void): Typed {
  const typedFields = useRef(new Set<Node>())
  const focused = useRef<Element | null>(null)
  const [isAsking, setAsking] = useState(false)
  useEffect(() => {
    if (isWatched) return
    typedFields.current.clear()
    focused.current = null
    setAsking(false)
  }, [isWatched])
  useEffect(() => {
    if (isAsking || !(focused.current instanceof HTMLElement)) return
    focused.current.focus()
    focused.current = null
  }, [isAsking])
  const keep = () => setAsking(false)
  return {
    isAsking,
    note: ({ target }) => {
      if (isWatched && target instanceof Node) typedFields.current.add(target)
    },
    close: () => {
      if (isAsking) keep()
      else if ([...typedFields.current].some(({ isConnected }) => isConnected)) {
        focused.current = document.activeElement
        setAsking(true)
      } else onClose()
    },
    keep,
  }
}

type QuestionProps = { onKeep: () => void; onDiscard: () => void }

/** Replaces a form that somebody was about to close. */
export function DiscardQuestion({ onKeep, onDiscard }: QuestionProps) {
  const { t } = useTranslation('shell')
  const keepRef = useRef<HTMLButtonElement>(null)
  useEffect(() => keepRef.current?.focus(), [])
  return (
    <Stack gap="md" role="group" aria-labelledby="discard">
      <div id="discard">
        <Text fw={600}>{t('discard.title')}</Text>
        <Text>{t('discard.help')}</Text>
      </div>
      <Group gap="sm">
        <Button ref={keepRef} aria-describedby="discard" onClick={onKeep}>
          {t('discard.keep')}
        </Button>
        <Button variant="default" onClick={onDiscard}>
          {t('discard.close')}
        </Button>
      </Group>
    </Stack>
  )
}

import { Box, Button, Group, Paper, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { OverlapQuestion } from '../../domain/overlap/overlap-question.tsx'
import { ActionButton } from '../../ui/buttons/action-button.tsx'

type HeldQuestionProps = {
  /** The refusal `patient_booked`; null: the patient gave no way to be reached. */
  overlap: unknown
  timeZone: string
  isBusy: boolean
  onBook: () => void
  /** Chooses another time, or adds a contact. */
  onOther: () => void
}

/** What a patient is asked before the booking is confirmed. Loaded only when it is asked. */
export function HeldQuestion({ overlap, timeZone, isBusy, onBook, onOther }: HeldQuestionProps) {
  if (overlap === null) return <ContactQuestion isBusy={isBusy} onAdd={onOther} onBook={onBook} />
  return (
    <Box mt="xl">
      <OverlapQuestion
        error={overlap}
        asked="patient"
        what="book"
        timeZone={timeZone}
        isBusy={isBusy}
        onProceed={onBook}
        onOther={onOther}
      />
    </Box>
  )
}

const borderColor = 'var(--mantine-color-amber-6)'

type QuestionProps = { isBusy: boolean; onAdd: () => void; onBook: () => void }

/** Asks a guest who gives neither an e-mail address nor a phone number: nothing could be sent, not even the ticket. */
function ContactQuestion({ isBusy, onAdd, onBook }: QuestionProps) {
  const { t } = useTranslation('questions')
  const addRef = useRef<HTMLButtonElement>(null)
  useEffect(() => addRef.current?.focus(), [])
  return (
    <Paper withBorder role="group" aria-labelledby="no-contact" radius="lg" p="md" mt="xl" style={{ borderColor }}>
      <Text id="no-contact">{t('contact.missing')}</Text>
      <Group mt="md" gap="sm">
        <Button ref={addRef} aria-describedby="no-contact" disabled={isBusy} onClick={onAdd}>
          {t('contact.add')}
        </Button>
        <ActionButton variant="default" isBusy={isBusy} onClick={onBook}>
          {t('contact.bookWithout')}
        </ActionButton>
      </Group>
    </Paper>
  )
}

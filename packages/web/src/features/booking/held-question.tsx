import { Box } from '@mantine/core'
import { OverlapQuestion } from '../../domain/overlap/overlap-question.tsx'
import { ContactQuestion } from './contact-question.tsx'

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

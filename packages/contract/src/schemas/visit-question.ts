import { lengths, questionKinds, visitTypeLimits } from '@holdfast/vocabulary'
import Type, { type Static, type TString } from 'typebox'
import { id, paragraph } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const { questionsMax, choicesMax } = visitTypeLimits

const kindOfQuestion = literals(questionKinds, {
  title: 'QuestionKind',
  description: '`consent`: whether the patient agrees to the text of the question',
})

function labelsOf(text: TString, title: string) {
  const inLanguage = Type.Optional(text)
  return Type.Object(
    { en: inLanguage, de: inLanguage, ar: inLanguage },
    { title, description: 'The text for readers of these languages; others get `label`', additionalProperties: false },
  )
}

const labels = labelsOf(Type.String(), 'QuestionLabels')
const questionText = paragraph(lengths.consent, {
  minLength: 1,
  description: `At most ${lengths.question} characters, unless it is a consent`,
})
const choiceText = paragraph(lengths.choice, { minLength: 1 })
const required = Type.Boolean({ description: 'Without an answer, patients cannot book the visit type' })

const questionChoice = component('QuestionChoice', {
  id: Type.String({ format: 'uuid' }),
  label: Type.String(),
  labels,
})

export const visitQuestionSchema = component('VisitQuestion', {
  id: Type.String({ format: 'uuid' }),
  kind: kindOfQuestion,
  label: Type.String(),
  labels,
  required,
  choices: Type.Array(questionChoice, { description: 'Of a `choice`; otherwise empty' }),
  version: Type.Integer({
    description: 'Another one whenever the text or the choices have changed. No version is that of two texts',
  }),
})

export const newVisitQuestionSchema = component('NewVisitQuestion', {
  id: id({ description: 'A new UUID, or that of the question that is changed' }),
  kind: kindOfQuestion,
  label: questionText,
  labels: Type.Optional(labelsOf(paragraph(lengths.consent, { minLength: 1 }), 'NewQuestionLabels')),
  required: Type.Optional(required),
  choices: Type.Optional(
    Type.Array(
      component('NewQuestionChoice', {
        id: id(),
        label: choiceText,
        labels: Type.Optional(labelsOf(choiceText, 'NewChoiceLabels')),
      }),
      { maxItems: choicesMax, description: 'Of a `choice`: at least two' },
    ),
  ),
})

export type NewVisitQuestionBody = Static<typeof newVisitQuestionSchema>

const newAnswer = component('NewAnswer', {
  questionId: id(),
  value: Type.Union([paragraph(lengths.answer), Type.Boolean()], {
    description: 'A text, a day such as 1980-12-24, the id of a choice; of a consent, whether the patient agrees',
  }),
  version: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Of a consent that is given, required: the `version` of the text that the patient has read',
    }),
  ),
})

export const sentAnswersSchema = Type.Array(newAnswer, {
  maxItems: questionsMax,
  description:
    'To the `questions` of the visit type: all that are required. Members of the clinic may leave out those which ' +
    'are no consents',
})

export const answersCorrectionSchema = component('AnswersCorrection', {
  version: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the booking that was read' }),
  answers: Type.Array(newAnswer, {
    minItems: 1,
    maxItems: questionsMax,
    description: 'To `answers` of the booking, with their `questionId`. Others stay; an empty text removes an answer',
  }),
})

const bookedLabels = { label: Type.String(), labels }

export const bookedAnswersSchema = Type.Array(
  component('Answer', {
    questionId: Type.String({ format: 'uuid' }),
    kind: kindOfQuestion,
    ...bookedLabels,
    required,
    choices: Type.Optional(Type.Array(questionChoice, { description: 'Of a `choice`' })),
    version: Type.Integer({ description: 'Of the question, when it was answered' }),
    value: Type.Optional(
      Type.Union([Type.String(), Type.Boolean()], {
        description: 'Absent: it was left empty; if it is `required`, the clinic’s people did not ask it',
      }),
    ),
    choice: Type.Optional(component('AnsweredChoice', bookedLabels)),
    agreedAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Of a consent: when the patient agreed to this text' }),
    ),
    withdrawnAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the consent was withdrawn; absent: it was not' }),
    ),
  }),
  {
    maxItems: questionsMax,
    description: 'What the visit type asked, as it was then, with the patient’s answers. Absent: nothing was asked',
  },
)

import type { MessageLanguage, SmsKind } from '@holdfast/vocabulary'

/** What an SMS says before its link. `until`: when a hold ends. `isComing`: the patient has said that they come. */
export type SmsContext = { clinic: string; doctor: string; when: string; until: string; isComing: boolean }

/**
 * `offerWithdrawn`: of a message `withdrawn` about a time of the waitlist that was not accepted yet.
 * `requestWithdrawn`: of a message `declined` to a patient who has withdrawn the request; `timeTaken`: to one whose
 * time the clinic has given to another request.
 */
export type SmsTexts = Record<
  SmsKind | 'offerWithdrawn' | 'requestWithdrawn' | 'timeTaken',
  (context: SmsContext) => string
>

const en: SmsTexts = {
  offered: ({ clinic, when, until }) => `${clinic}: a time is held for you, ${when}. Accept by ${until}:`,
  requested: ({ clinic, when, until }) =>
    `${clinic}: your request for ${when} was sent. You get an answer by ${until}:`,
  declined: ({ clinic, when }) => `${clinic}: we are sorry, your request for ${when} was declined. Other times:`,
  timeTaken: ({ clinic, when }) => `${clinic}: we are sorry, the time of your request, ${when}, is gone. Other times:`,
  requestWithdrawn: ({ clinic, when }) => `${clinic}: you have withdrawn your request for ${when}. Other times:`,
  request_lapsed: ({ clinic, when }) => `${clinic}: your request for ${when} was not answered in time. Other times:`,
  confirmed: ({ clinic, when, doctor }) => `${clinic}: confirmed, ${when}, ${doctor}. Your ticket:`,
  moved: ({ clinic, when, doctor }) => `${clinic}: moved to ${when}, ${doctor}. Your ticket:`,
  cancelled: ({ clinic, when }) => `${clinic}: your appointment ${when} is cancelled. Book again:`,
  withdrawn: ({ clinic, when }) => `${clinic}: we are sorry, your appointment ${when} cannot take place. Other times:`,
  offerWithdrawn: ({ clinic, when }) => `${clinic}: the time held for you, ${when}, is gone. You stay on the waitlist:`,
  reminder: ({ clinic, when, doctor, isComing }) =>
    `${clinic}: reminder, ${when}, ${doctor}. ` +
    (isComing ? 'Cannot come? Please cancel:' : 'Please confirm or cancel:'),
}

const de: SmsTexts = {
  offered: ({ clinic, when, until }) => `${clinic}: Ein Termin ist für Sie reserviert, ${when}. Annehmen bis ${until}:`,
  requested: ({ clinic, when, until }) => `${clinic}: Ihre Anfrage für ${when} ist da. Antwort bis ${until}:`,
  declined: ({ clinic, when }) => `${clinic}: Ihre Anfrage für ${when} wurde leider abgelehnt. Andere Zeiten:`,
  timeTaken: ({ clinic, when }) => `${clinic}: Die angefragte Zeit ${when} ist leider vergeben. Andere Zeiten:`,
  requestWithdrawn: ({ clinic, when }) => `${clinic}: Sie haben Ihre Anfrage für ${when} zurückgezogen. Andere Zeiten:`,
  request_lapsed: ({ clinic, when }) =>
    `${clinic}: Ihre Anfrage für ${when} blieb leider unbeantwortet. Andere Zeiten:`,
  confirmed: ({ clinic, when, doctor }) => `${clinic}: Bestätigt, ${when}, ${doctor}. Ihr Ticket:`,
  moved: ({ clinic, when, doctor }) => `${clinic}: Verschoben auf ${when}, ${doctor}. Ihr Ticket:`,
  cancelled: ({ clinic, when }) => `${clinic}: Ihr Termin ${when} ist abgesagt. Neu buchen:`,
  withdrawn: ({ clinic, when }) => `${clinic}: Ihr Termin ${when} muss leider ausfallen. Andere Zeiten:`,
  offerWithdrawn: ({ clinic, when }) => `${clinic}: Der reservierte Termin ${when} entfällt. Sie warten weiter:`,
  reminder: ({ clinic, when, doctor, isComing }) =>
    `${clinic}: Erinnerung, ${when}, ${doctor}. ${isComing ? 'Verhindert? Bitte absagen:' : 'Bitte zu- oder absagen:'}`,
}

const ar: SmsTexts = {
  offered: ({ clinic, when, until }) => `${clinic}: وقت محجوز لك، ${when}. اقبله حتى ${until}:`,
  requested: ({ clinic, when, until }) => `${clinic}: وصلنا طلبك، ${when}. نرد عليك حتى ${until}:`,
  declined: ({ clinic, when }) => `${clinic}: نعتذر، رُفض طلبك لموعد ${when}. أوقات أخرى:`,
  timeTaken: ({ clinic, when }) => `${clinic}: نعتذر، لم يعد الوقت الذي طلبته متاحًا، ${when}. أوقات أخرى:`,
  requestWithdrawn: ({ clinic, when }) => `${clinic}: سحبتَ طلبك لموعد ${when}. أوقات أخرى:`,
  request_lapsed: ({ clinic, when }) => `${clinic}: نعتذر، لم يُرد على طلبك لموعد ${when}. أوقات أخرى:`,
  confirmed: ({ clinic, when, doctor }) => `${clinic}: تم التأكيد، ${when}، ${doctor}. تذكرتك:`,
  moved: ({ clinic, when, doctor }) => `${clinic}: نُقل موعدك إلى ${when}، ${doctor}. تذكرتك:`,
  cancelled: ({ clinic, when }) => `${clinic}: أُلغي موعدك ${when}. احجز من جديد:`,
  withdrawn: ({ clinic, when }) => `${clinic}: نعتذر، تعذّر موعدك ${when}. أوقات أخرى:`,
  offerWithdrawn: ({ clinic, when }) => `${clinic}: الوقت المحجوز لك ${when} لم يعد متاحًا. ما زلت على القائمة:`,
  reminder: ({ clinic, when, doctor, isComing }) =>
    `${clinic}: تذكير، ${when}، ${doctor}. ${isComing ? 'لن تحضر؟ يُرجى الإلغاء:' : 'يرجى التأكيد أو الإلغاء:'}`,
}

export const smsTexts: Record<MessageLanguage, SmsTexts> = { en, de, ar }

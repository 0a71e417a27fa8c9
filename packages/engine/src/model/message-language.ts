/** The languages of e-mails and SMS. */
export const messageLanguages = ['en', 'de', 'ar'] as const

export type MessageLanguage = (typeof messageLanguages)[number]

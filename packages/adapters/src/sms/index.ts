export { createSmsSender, type SmsOutcome, type SmsSender, type SmsSettings } from './sms-sender.ts'
export { isSmsTemplate } from './sms-template.ts'

export { createSmsSender, type SmsSender } from './sms-sender.ts'
export { isSmsTemplate } from './sms-template.ts'

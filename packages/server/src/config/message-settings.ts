import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** How messages to patients, webhooks and a broker are sent. */
export const messageSettings = {
  smtpUrl: secretSetting(
    'SMTP_URL',
    'e-mails are written and shown to the clinic’s staff, and not sent',
    'The mail server for e-mails to patients, with its credentials.',
    kinds.smtpUrl,
  ),
  smtpMayBePlain: setting(
    'HOLDFAST_SMTP_PLAIN',
    'off',
    'Whether e-mails are sent unencrypted to a mail server of smtp:// without TLS. If off, only on this machine.',
    kinds.onOff,
  ),
  mailFrom: optionalSetting(
    'HOLDFAST_MAIL_FROM',
    'no-reply@ and the host of HOLDFAST_URL',
    'The sender’s address of e-mails; their name is the clinic’s. The mail server must accept it.',
    kinds.emailAddress,
  ),
  amqpUrl: secretSetting(
    'AMQP_URL',
    'events are sent to webhooks only',
    'The RabbitMQ server to which every event of a booking is published, with its credentials.',
    kinds.amqpUrl,
  ),
  smsUrl: secretSetting(
    'HOLDFAST_SMS_URL',
    'SMS are written and shown to the clinic’s staff, and not sent',
    'Where SMS to patients are posted: the URL of a provider, or file:///… of a file to which each is appended.',
    kinds.smsUrl,
  ),
  smsHeaders: secretSetting(
    'HOLDFAST_SMS_HEADERS',
    'none are added',
    'Headers of requests to HOLDFAST_SMS_URL, such as {"Authorization":"Bearer …"}.',
    kinds.headers,
  ),
  // A provider may want its key in it.
  smsBody: {
    ...setting(
      'HOLDFAST_SMS_BODY',
      '{"from":"{from}","to":"{to}","text":"{text}"}',
      'The body of these requests, as JSON or as a form (To={to}&From={from}&Body={text}). The values are escaped.',
      kinds.smsTemplate,
    ),
    secret: true,
  },
  smsFrom: optionalSetting(
    'HOLDFAST_SMS_FROM',
    '{from} is empty',
    'The sender of SMS, {from} of the body: a number or a name that the provider has registered.',
    kinds.textOfLength(1, 50),
  ),
  amqpQueues: optionalSetting(
    'HOLDFAST_AMQP_QUEUES',
    'none: whoever consumes events binds queues to the exchange holdfast.events',
    'Consumers for each of which a durable queue holdfast.<name> of all events is declared at AMQP_URL, with ' +
      'retries and dead letters.',
    kinds.queueNames,
  ),
  webhookPrivate: setting(
    'HOLDFAST_WEBHOOK_PRIVATE',
    'off',
    'Whether webhooks and external calendars may use plain HTTP, and hosts of this machine and of private networks. ' +
      'On, if you trust all administrators and doctors of clinics with what these can reach.',
    kinds.onOff,
  ),
}

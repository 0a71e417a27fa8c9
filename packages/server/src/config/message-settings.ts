import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** How messages to patients, webhooks and a broker are sent. */
export const messageSettings = {
  smtpUrl: secretSetting(
    optionalSetting(
      'SMTP_URL',
      {
        description: 'The mail server for e-mails to patients, with its credentials.',
        whenAbsent: 'e-mails are written and shown to the clinic’s staff, and not sent',
      },
      kinds.smtpUrl,
    ),
  ),
  smtpMayBePlain: setting(
    'HOLDFAST_SMTP_PLAIN',
    'off',
    'Whether e-mails are sent unencrypted to a mail server of smtp:// without TLS. If off, only on this machine.',
    kinds.onOff,
  ),
  mailFrom: optionalSetting(
    'HOLDFAST_MAIL_FROM',
    {
      description: 'The sender’s address of e-mails; their name is the clinic’s. The mail server must accept it.',
      whenAbsent: 'no-reply@ and the host of HOLDFAST_URL',
    },
    kinds.emailAddress,
  ),
  amqpUrl: secretSetting(
    optionalSetting(
      'AMQP_URL',
      {
        description: 'The RabbitMQ server to which every event of a booking is published, with its credentials.',
        whenAbsent: 'events are sent to webhooks only',
      },
      kinds.amqpUrl,
    ),
  ),
  smsUrl: secretSetting(
    optionalSetting(
      'HOLDFAST_SMS_URL',
      {
        description:
          'Where SMS to patients are posted: the URL of a provider, or file:///… of a file to which each is appended.',
        whenAbsent: 'SMS are written and shown to the clinic’s staff, and not sent',
      },
      kinds.smsUrl,
    ),
  ),
  smsHeaders: secretSetting(
    optionalSetting(
      'HOLDFAST_SMS_HEADERS',
      {
        description: 'Headers of requests to HOLDFAST_SMS_URL, such as {"Authorization":"Bearer …"}.',
        whenAbsent: 'none are added',
      },
      kinds.headers,
    ),
  ),
  smsBody: setting(
    'HOLDFAST_SMS_BODY',
    '{"from":"{from}","to":"{to}","text":"{text}"}',
    'The body of these requests, as JSON or as a form (To={to}&From={from}&Body={text}). The values are escaped.',
    kinds.smsTemplate,
  ),
  smsFrom: optionalSetting(
    'HOLDFAST_SMS_FROM',
    {
      description: 'The sender of SMS, {from} of the body: a number or a name that the provider has registered.',
      whenAbsent: '{from} is empty',
    },
    kinds.textOfLength(1, 50),
  ),
  amqpQueues: optionalSetting(
    'HOLDFAST_AMQP_QUEUES',
    {
      description:
        'Consumers for each of which a durable queue holdfast.<name> of all events is declared at AMQP_URL, with ' +
        'retries and dead letters.',
      whenAbsent: 'none: whoever consumes events binds queues to the exchange holdfast.events',
    },
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

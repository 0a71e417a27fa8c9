-- Which messages go by SMS, too, to patients with a telephone number; none until the clinic chooses them.
alter table holdfast.message_settings
  add column sms_kinds text[] not null default '{}'
    check (sms_kinds <@ '{offered,confirmed,moved,cancelled,withdrawn,reminder}'::text[]),
  -- ISO 3166-1. Of numbers without a country's code.
  add column phone_country text check (phone_country ~ '^[A-Z]{2}$');

-- E-mails that are not about a booking: links to confirm an address, to choose a password, to a lost ticket;
-- invitations and notices. A row is written with what it is about, and deleted when the e-mail was sent or is not
-- valid any more. A request is a row that a server turns into e-mails, or into none: whoever asks learns nothing from
-- the response, or the time until it.
create table holdfast.account_mail (
  id uuid primary key,
  kind text not null check (char_length(kind) <= 50),
  is_request boolean not null,
  -- The address, the texts and the link, encrypted with a key that is derived from the server's secret.
  sealed text not null check (char_length(sealed) <= 20000),
  due_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  attempts integer not null default 0,
  -- Attempts that ended without a record after the e-mail was handed over.
  attempts_lost integer not null default 0,
  -- A process sends it until then.
  attempt_until timestamptz,
  -- The attempt has not handed it over yet.
  before_sending boolean not null default true,
  created_at timestamptz not null default clock_timestamp()
);
create index account_mail_due on holdfast.account_mail (is_request, due_at);
create index account_mail_expires_at on holdfast.account_mail (expires_at);

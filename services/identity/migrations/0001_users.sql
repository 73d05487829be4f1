CREATE TABLE users (
  id uuid PRIMARY KEY,
  -- In lower case: two addresses that differ in case only are one person's.
  email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) <= 254),
  name text NOT NULL CHECK (length(name) <= 100),
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  scopes text[] NOT NULL DEFAULT '{}',
  -- Of the request that signed the user up, so that it can be repeated.
  idempotency_key_hash bytea CHECK (length(idempotency_key_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  -- AES-256-GCM under the secret token_key_encryption; the key id is authenticated with it.
  private_key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Signs no more from then on; its public half stays published while its last tokens live.
  retired_at timestamptz
);
CREATE UNIQUE INDEX one_active_signing_key ON signing_keys ((true)) WHERE retired_at IS NULL;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO @app@;
GRANT SELECT, INSERT ON users, signing_keys TO @app@;
GRANT UPDATE (password_hash) ON users TO @app@;
GRANT UPDATE (retired_at) ON signing_keys TO @app@;

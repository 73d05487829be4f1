CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  -- The subject of the owner's tokens.
  owner uuid NOT NULL,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- opening: the ledger may not know it yet; open: it does.
  status text NOT NULL DEFAULT 'opening' CHECK (status IN ('opening', 'open')),
  -- Of the request that opened it, so that it can be repeated.
  key_hash bytea CHECK (length(key_hash) = 32),
  request_hash bytea CHECK (length(request_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT one_account_per_key UNIQUE (owner, key_hash),
  CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);
CREATE INDEX accounts_owner ON accounts (owner, created_at, id);

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO @app@;
GRANT SELECT, INSERT ON accounts TO @app@;
GRANT UPDATE (status) ON accounts TO @app@;

-- The ledger. What must always be true is kept here, by PostgreSQL, whatever a program or a person with SQL does:
--   * the postings of a transaction add up to 0 in each currency;
--   * a customer's balance is never below 0, and always the sum of its postings;
--   * what has been posted is never changed, removed, or added to later.

CREATE TABLE currencies (
  code char(3) PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
  minor_units smallint NOT NULL CHECK (minor_units BETWEEN 0 AND 4)
);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  -- The subject of the owner's tokens; none for the bank's own accounts.
  owner uuid,
  currency char(3) NOT NULL REFERENCES currencies,
  -- Only the bank's own accounts: the other side of money that comes in from outside.
  allow_negative boolean NOT NULL DEFAULT false,
  balance bigint NOT NULL DEFAULT 0,
  -- Number of the last posting; kept with the balance, so that both change under the same lock.
  last_seq bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT customer_has_owner CHECK (allow_negative = (owner IS NULL)),
  CONSTRAINT sufficient_funds CHECK (balance >= 0 OR allow_negative)
)
-- Balances change all the time and have no index: room in the page keeps these updates in place.
WITH (fillfactor = 50);

CREATE TABLE transactions (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('deposit', 'transfer')),
  reference text CHECK (length(reference) <= 140),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The database transaction that wrote it: postings belong into the same one.
  written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);

CREATE TABLE postings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id uuid NOT NULL REFERENCES transactions,
  account_id uuid NOT NULL REFERENCES accounts,
  amount bigint NOT NULL CHECK (amount <> 0),
  currency char(3) NOT NULL,
  -- Place among the account's postings, without gaps, and the balance after it.
  seq bigint NOT NULL,
  balance bigint NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (account_id, seq)
);
CREATE INDEX postings_transaction ON postings (transaction_id);

CREATE TABLE idempotency_keys (
  subject uuid NOT NULL,
  key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  transaction_id uuid NOT NULL REFERENCES transactions DEFERRABLE INITIALLY DEFERRED,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, key_hash)
);

-- A posting changes its account's balance: the row's lock makes concurrent payments of one account take turns, and the
-- constraint sufficient_funds then sees each of them. Insert postings in the order of account ids to avoid deadlocks.
CREATE FUNCTION apply_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE public.accounts
    SET balance = accounts.balance + NEW.amount, last_seq = accounts.last_seq + 1
    WHERE accounts.id = NEW.account_id AND accounts.currency = NEW.currency
    RETURNING accounts.balance, accounts.last_seq INTO NEW.balance, NEW.seq;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % does not exist in currency %', NEW.account_id, NEW.currency
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'posting_account';
  END IF;
  -- Not now(): that is when the transaction began, perhaps before it waited for its turn.
  NEW.created_at = clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER apply_posting BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION apply_posting();

CREATE FUNCTION check_transaction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  checked uuid := CASE TG_TABLE_NAME WHEN 'transactions' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'transaction_id' END;
BEGIN
  IF NOT EXISTS (SELECT FROM public.transactions t WHERE t.id = checked AND t.written_in = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'transaction % is finished: nothing can be added to it', checked
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transaction_finished';
  END IF;
  IF (SELECT count(*) FROM public.postings p WHERE p.transaction_id = checked) < 2
    OR EXISTS (SELECT FROM public.postings p WHERE p.transaction_id = checked GROUP BY p.currency HAVING sum(p.amount) <> 0)
  THEN
    RAISE EXCEPTION 'the postings of transaction % do not add up to 0', checked
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transaction_balances';
  END IF;
  RETURN NULL;
END $$;
-- Deferred: looked at when the transaction is complete, at COMMIT.
CREATE CONSTRAINT TRIGGER transaction_balances AFTER INSERT ON transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction();

-- For everybody, the owner of the tables and superusers too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege', HINT = 'Correct a transaction by posting another one.';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An account itself never changes, and its balance only through a posting.
CREATE FUNCTION check_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2
    OR (NEW.id, NEW.owner, NEW.currency, NEW.allow_negative, NEW.created_at)
      IS DISTINCT FROM (OLD.id, OLD.owner, OLD.currency, OLD.allow_negative, OLD.created_at)
  THEN
    RAISE EXCEPTION 'account % changes only through postings', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER changed_by_postings BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION check_account_change();

CREATE FUNCTION check_new_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.balance <> 0 OR NEW.last_seq <> 0 THEN
    RAISE EXCEPTION 'account % must begin at 0', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER begins_empty BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION check_new_account();

INSERT INTO currencies (code, minor_units) VALUES
  ('AUD', 2),
  ('BGN', 2),
  ('BRL', 2),
  ('CAD', 2),
  ('CHF', 2),
  ('CNY', 2),
  ('CZK', 2),
  ('DKK', 2),
  ('EUR', 2),
  ('GBP', 2),
  ('HKD', 2),
  ('HUF', 2),
  ('ILS', 2),
  ('INR', 2),
  ('ISK', 0),
  ('JPY', 0),
  ('KRW', 0),
  ('KWD', 3),
  ('MXN', 2),
  ('NOK', 2),
  ('NZD', 2),
  ('PLN', 2),
  ('RON', 2),
  ('SEK', 2),
  ('SGD', 2),
  ('TND', 3),
  ('TRY', 2),
  ('USD', 2),
  ('ZAR', 2);

-- One account of the bank's own for each currency, with an id that follows from it: money from outside comes from there.
INSERT INTO accounts (id, owner, currency, allow_negative)
  SELECT md5('external:' || code)::uuid, NULL, code, true FROM currencies;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO @app@;
GRANT SELECT ON currencies, accounts, transactions, postings, idempotency_keys TO @app@;
GRANT INSERT (id, owner, currency) ON accounts TO @app@;
GRANT INSERT (id, kind, reference, created_by) ON transactions TO @app@;
GRANT INSERT (transaction_id, account_id, amount, currency) ON postings TO @app@;
GRANT INSERT (subject, key_hash, request_hash, transaction_id) ON idempotency_keys TO @app@;
REVOKE ALL ON FUNCTION apply_posting(), check_transaction() FROM PUBLIC;

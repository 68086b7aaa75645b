-- bank.sql: money moves, none appears, no account goes below zero.
--
-- Each command takes a note: as-gen --payload fills it, nothing reads it.

CREATE TABLE account (                              -- an aggregate: a table with a primary key
  id       TEXT PRIMARY KEY,
  balance  INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT no_overdraft CHECK (balance >= 0)      -- an invariant
) STRICT, WITHOUT ROWID;

CREATE TABLE open (                                 -- a command: a table with an AFTER INSERT trigger
  id       TEXT NOT NULL,
  balance  INTEGER NOT NULL CONSTRAINT not_negative CHECK (balance >= 0),
  note     TEXT
) STRICT;
CREATE TRIGGER open_apply AFTER INSERT ON open BEGIN
  INSERT INTO account (id, balance) VALUES (NEW.id, NEW.balance);
END;

CREATE TABLE transfer (
  src      TEXT    NOT NULL REFERENCES account,     -- a guard: the account exists
  dst      TEXT    NOT NULL REFERENCES account,
  amount   INTEGER NOT NULL,
  note     TEXT,
  CONSTRAINT positive_amount CHECK (amount > 0),
  CONSTRAINT not_to_self     CHECK (src <> dst)
) STRICT;
CREATE TRIGGER transfer_apply AFTER INSERT ON transfer BEGIN
  UPDATE account SET balance = balance - NEW.amount WHERE id = NEW.src;
  UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.dst;
END;

CREATE VIEW supply_is_capped AS                     -- an assertion: a view with a column named holds
  SELECT sum(balance) <= 1000000000 AS holds FROM account;

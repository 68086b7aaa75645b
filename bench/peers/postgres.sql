-- SPDX-License-Identifier: MIT
--
-- The bank in PostgreSQL. Rules are in the statements themselves: an exception block an item, which
-- is a subtransaction, would cost more. Half-full pages let an UPDATE stay on its page (HOT).

CREATE TABLE account (
  id       text COLLATE "C" PRIMARY KEY,
  balance  bigint NOT NULL CHECK (balance >= 0)
) WITH (fillfactor = 50);

CREATE TABLE journal (
  item      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  src       text NOT NULL,
  dst       text NOT NULL,
  amount    bigint NOT NULL,
  accepted  boolean NOT NULL
);

CREATE FUNCTION open_batch(ids text[], balances bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  opened bigint;
BEGIN
  INSERT INTO account (id, balance) SELECT * FROM unnest(ids, balances) ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS opened = ROW_COUNT;
  RETURN cardinality(ids) - opened;
END $$;

-- Decides one transfer and carries it out.
CREATE FUNCTION transfer(payer text, payee text, sum bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  IF sum <= 0 OR payer = payee THEN
    RETURN false;
  END IF;
  UPDATE account SET balance = balance - sum
   WHERE id = payer AND balance >= sum AND EXISTS (SELECT FROM account WHERE id = payee);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE account SET balance = balance + sum WHERE id = payee;
  RETURN true;
END $$;

-- A batch: each transfer by itself, the journal in one statement. Returns how many were rejected.
CREATE FUNCTION transfer_batch(srcs text[], dsts text[], amounts bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  verdicts boolean[] := array_fill(false, ARRAY[cardinality(srcs)]);
  rejected bigint := 0;
BEGIN
  FOR i IN 1 .. cardinality(srcs) LOOP
    IF transfer(srcs[i], dsts[i], amounts[i]) THEN
      verdicts[i] := true;
    ELSE
      rejected := rejected + 1;
    END IF;
  END LOOP;
  INSERT INTO journal (src, dst, amount, accepted)
  SELECT * FROM unnest(srcs, dsts, amounts, verdicts);
  RETURN rejected;
END $$;

-- One transfer, journalled, as one transaction: for pgbench. Accounts are given by number.
CREATE FUNCTION transfer_one(src bigint, dst bigint, amount bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  payer text := 'acct-' || lpad(src::text, 7, '0');
  payee text := 'acct-' || lpad(dst::text, 7, '0');
  verdict boolean := transfer(payer, payee, amount);
BEGIN
  INSERT INTO journal (src, dst, amount, accepted) VALUES (payer, payee, amount, verdict);
  RETURN verdict;
END $$;

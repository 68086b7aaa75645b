-- counter.sql: the plainest aggregate, made by its first bump.
--
-- The note is filled by as-gen --payload; nothing reads it.

CREATE TABLE counter (
  id     TEXT PRIMARY KEY,
  value  INTEGER NOT NULL,
  CONSTRAINT not_negative CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE bump (
  id    TEXT    NOT NULL,
  by    INTEGER NOT NULL,
  note  TEXT
) STRICT;
-- The row offered is checked before the conflict is seen, so a counter never goes down either.
CREATE TRIGGER bump_apply AFTER INSERT ON bump BEGIN
  INSERT INTO counter (id, value) VALUES (NEW.id, NEW.by)
    ON CONFLICT (id) DO UPDATE SET value = value + excluded.value;
END;

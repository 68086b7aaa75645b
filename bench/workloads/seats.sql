-- seats.sql: teams of an organisation hold seats; three limits that nobody may pass.
--
-- Each command takes a note: as-gen --payload fills it, nothing reads it.

CREATE TABLE organisation (
  id  TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
  id            TEXT PRIMARY KEY,
  organisation  TEXT NOT NULL,
  plan          TEXT NOT NULL CONSTRAINT known_plan CHECK (plan IN ('free', 'pro')),
  seats         INTEGER NOT NULL DEFAULT 0 CONSTRAINT not_negative CHECK (seats >= 0),
  CONSTRAINT team_holds_ten             CHECK (seats <= 10),
  CONSTRAINT free_holds_fewer_than_five CHECK (plan <> 'free' OR seats < 5)
) STRICT, WITHOUT ROWID;

CREATE VIEW organisation_holds_hundred AS
  SELECT organisation, sum(seats) <= 100 AS holds FROM team GROUP BY organisation;

CREATE TABLE create_organisation (
  id    TEXT NOT NULL,
  note  TEXT
) STRICT;
CREATE TRIGGER create_organisation_apply AFTER INSERT ON create_organisation BEGIN
  INSERT INTO organisation (id) VALUES (NEW.id);
END;

CREATE TABLE create_team (
  id            TEXT NOT NULL,
  organisation  TEXT NOT NULL REFERENCES organisation,
  plan          TEXT NOT NULL,
  note          TEXT
) STRICT;
CREATE TRIGGER create_team_apply AFTER INSERT ON create_team BEGIN
  INSERT INTO team (id, organisation, plan) VALUES (NEW.id, NEW.organisation, NEW.plan);
END;

CREATE TABLE add_seats (
  team   TEXT    NOT NULL REFERENCES team,
  seats  INTEGER NOT NULL CONSTRAINT adds_some CHECK (seats > 0),
  note   TEXT
) STRICT;
CREATE TRIGGER add_seats_apply AFTER INSERT ON add_seats BEGIN
  UPDATE team SET seats = seats + NEW.seats WHERE id = NEW.team;
END;

CREATE TABLE remove_seats (
  team   TEXT    NOT NULL REFERENCES team,
  seats  INTEGER NOT NULL CONSTRAINT removes_some CHECK (seats > 0),
  note   TEXT
) STRICT;
CREATE TRIGGER remove_seats_apply AFTER INSERT ON remove_seats BEGIN
  UPDATE team SET seats = seats - NEW.seats WHERE id = NEW.team;
END;

CREATE TABLE change_plan (
  team  TEXT NOT NULL REFERENCES team,
  plan  TEXT NOT NULL,
  note  TEXT
) STRICT;
CREATE TRIGGER change_plan_apply AFTER INSERT ON change_plan BEGIN
  UPDATE team SET plan = NEW.plan WHERE id = NEW.team;
END;

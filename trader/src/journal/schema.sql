-- The journal of a Minutehand trader, schema 1 (PRAGMA user_version; PRAGMA application_id says whose file it is).
--
-- Instants are INTEGER microseconds since the Unix epoch, UTC; a minute is named by the instant at which it starts.
-- Decisions, signals and medians are 64-bit floats. Their columns have no declared type on purpose: with REAL, SQLite
-- would store -0.0 as the integer 0; without, every value comes back bit for bit.
-- The last column of every table is a CRC-32 of the table's name and the row's other values (journal/row.rs).
-- For reading by eye, use the views at the end.

-- The journal itself: one row.
CREATE TABLE meta (
    journal      TEXT    NOT NULL,    -- id of the journal, to which epochs belong
    interval_us  INTEGER NOT NULL,    -- length of a minute, in microseconds
    created_at   INTEGER NOT NULL,    -- when the journal was begun
    first_minute INTEGER NOT NULL,    -- the first minute that has a verdict here, or will have one
    checksum     INTEGER NOT NULL
);

-- Every hold of an instance on a name, from first to last.
CREATE TABLE registrations (
    epoch         INTEGER PRIMARY KEY, -- fencing number of the hold; one counter for the journal, never reused
    strategy      TEXT    NOT NULL,    -- the name
    instance      TEXT    NOT NULL,    -- id of the process that holds it
    first_minute  INTEGER NOT NULL,    -- first minute the strategy is expected in
    registered_at INTEGER NOT NULL,    -- when, by the trader's clock
    taken_over    INTEGER NOT NULL,    -- 1: the name was held by another instance before
    ended_at      INTEGER,             -- when the hold ended; NULL: it is in force
    ended_by      TEXT,                -- takeover, operator or itself; NULL: it is in force
    checksum      INTEGER NOT NULL
);
-- A name is held once at a time; and a start need not read the history.
CREATE UNIQUE INDEX registrations_in_force ON registrations (strategy) WHERE ended_at IS NULL;

-- Names taken off the list.
CREATE TABLE deregistrations (
    id              INTEGER PRIMARY KEY, -- in order
    strategy        TEXT    NOT NULL,    -- the name
    epoch           INTEGER,             -- its last epoch; NULL: it was not registered, only named by --expect
    operator        TEXT,                -- user@host; NULL: the strategy itself
    deregistered_at INTEGER NOT NULL,    -- when, by the trader's clock
    checksum        INTEGER NOT NULL
);

-- What operators did: the trader is halted if the last row says so.
CREATE TABLE halts (
    id       INTEGER PRIMARY KEY, -- in order
    action   TEXT    NOT NULL,    -- halt or resume
    reason   TEXT    NOT NULL,    -- why, in the operator's words
    operator TEXT    NOT NULL,    -- user@host
    acted_at INTEGER NOT NULL,    -- when, by the trader's clock
    checksum INTEGER NOT NULL
);

-- What minutes ended with: every minute is in exactly one row.
CREATE TABLE verdicts (
    minute       INTEGER PRIMARY KEY, -- the minute, or the first of a run of minutes that ended alike
    last_minute  INTEGER NOT NULL,    -- the last minute of the run; the same as minute for a single one
    kind         TEXT    NOT NULL,    -- median, failed, no strategies, halted, not running
    median,                           -- float; NULL unless kind is median
    lowest,                           -- float, the lowest decision; NULL unless kind is median
    highest,                          -- float, the highest decision; NULL unless kind is median
    count        INTEGER NOT NULL,    -- how many decisions had come in
    state        TEXT    NOT NULL,    -- the trader's state by this verdict: IDLE, WAITING, OK, ERROR, HALTED
    closed_at    INTEGER NOT NULL,    -- when it was decided, by the trader's clock
    valid_until  INTEGER NOT NULL,    -- from here on it says nothing about the present
    causes       INTEGER NOT NULL,    -- how many rows of table causes belong to it
    disagreeing  TEXT    NOT NULL,    -- generators that gave strategies different values, separated by commas
    checksum     INTEGER NOT NULL
);

-- Why minutes failed.
CREATE TABLE causes (
    minute    INTEGER NOT NULL,   -- of the verdict
    strategy  TEXT    NOT NULL,   -- with whom something is wrong; empty: with the trader itself
    position  INTEGER NOT NULL,   -- place among the verdict's causes, from 0
    code      TEXT    NOT NULL,   -- silent, disconnected, stale, future, abstained, clock, journal, too-few
    since     INTEGER NOT NULL,   -- first minute in a row with this cause
    last_seen INTEGER,            -- when the strategy was last heard of; NULL: never
    detail    TEXT    NOT NULL,   -- the rest, for a person to read
    checksum  INTEGER NOT NULL,
    PRIMARY KEY (minute, strategy, position)
) WITHOUT ROWID;

-- What strategies said.
CREATE TABLE submissions (
    minute      INTEGER NOT NULL, -- the minute that is decided
    strategy    TEXT    NOT NULL, -- who says it
    epoch       INTEGER NOT NULL, -- under which hold on the name
    instance    TEXT    NOT NULL, -- id of the process
    decided_at  INTEGER NOT NULL, -- when, by the strategy's clock
    received_at INTEGER NOT NULL, -- when it arrived, by the trader's clock
    decision,                     -- float; NULL: an abstention
    abstention  TEXT,             -- why there is no decision; NULL: there is one
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (minute, strategy)
) WITHOUT ROWID;

-- The signals behind the submissions. A signal's own minute is always the submission's.
CREATE TABLE signals (
    minute      INTEGER NOT NULL, -- of the submission
    strategy    TEXT    NOT NULL, -- of the submission
    position    INTEGER NOT NULL, -- place among the submission's signals, from 0
    generator   TEXT    NOT NULL, -- who computed it
    run_id      TEXT    NOT NULL, -- id of the generator's process
    value       NOT NULL,         -- float
    produced_at INTEGER NOT NULL, -- when, by the generator's clock
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (minute, strategy, position)
) WITHOUT ROWID;

-- How the trader's state, or its causes, changed.
CREATE TABLE state_changes (
    id          INTEGER PRIMARY KEY, -- in order
    from_state  TEXT    NOT NULL,    -- before: IDLE, WAITING, OK, ERROR, HALTED
    to_state    TEXT    NOT NULL,    -- from then on; the same when only the causes are others
    changed_at  INTEGER NOT NULL,    -- when, by the trader's clock
    causes      TEXT    NOT NULL,    -- why, a line each, at most 16
    halt_reason TEXT,                -- reason of the halt; NULL unless halted
    checksum    INTEGER NOT NULL
);

-- The medians, with readable times.
CREATE VIEW medians AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', minute / 1e6, 'unixepoch') AS minute,
       median, count, lowest, highest,
       strftime('%Y-%m-%dT%H:%M:%fZ', closed_at / 1e6, 'unixepoch') AS closed_at
FROM verdicts WHERE kind = 'median';

-- All minutes, or runs of them, with readable times and the causes in one column.
CREATE VIEW minutes AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', minute / 1e6, 'unixepoch') AS minute,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_minute / 1e6, 'unixepoch') AS last_minute,
       kind, median, count, state,
       strftime('%Y-%m-%dT%H:%M:%fZ', closed_at / 1e6, 'unixepoch') AS closed_at,
       (SELECT group_concat(iif(strategy = '', 'trader', strategy) || ' ' || code, ', ')
        FROM causes WHERE causes.minute = verdicts.minute) AS causes
FROM verdicts;

-- Who said what, with readable times; arrived_after_s counts from the minute's boundary.
CREATE VIEW decisions AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', minute / 1e6, 'unixepoch') AS minute,
       strategy, decision, abstention, (received_at - minute) / 1e6 AS arrived_after_s
FROM submissions;

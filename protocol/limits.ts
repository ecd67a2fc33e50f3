/** Every limit of the protocol, each once, with its reason. Sizes are bytes, times are milliseconds, unless the name says otherwise. */

/** Frame a viewer may send: commands and subscriptions are tiny; a prompt is the largest thing in one. */
export const VIEWER_FRAME_MAX = 1024 * 1024;
/** Frame an agent may send: eight batches of the size aimed at, far under the platform's 32 MiB. */
export const AGENT_FRAME_MAX = 4 * 1024 * 1024;
/** Batch size an agent aims at: a resend after a cut costs little, and a frame's fixed CPU is still spread over many events. */
export const AGENT_BATCH_AIM = 512 * 1024;
/** One event, serialised: a stored row holds at least one event and must stay under the platform's 2 MB. */
export const EVENT_MAX = 1024 * 1024;
/** `run_info` of a hello, serialised: it stands in every welcome, and common WebSocket clients take frames of 1 MiB at most. */
export const RUN_INFO_MAX = 256 * 1024;
/**
 * How deep an event, a configuration or a body may nest. JSON is read at any depth, but writing it recurses: half a million brackets, which
 * fit into a frame, would end the stack. Configurations of trainers nest less than ten deep.
 */
export const JSON_DEPTH_MAX = 64;
/** An error's message that repeats something from outside, in characters. */
export const ERROR_MESSAGE_MAX = 300;
/** Events in one agent batch: bounds the work of one message handler. */
export const BATCH_EVENTS_MAX = 10_000;
/** One stored chunk row, events and snapshot together: the platform refuses a row over 2 MB; a local run would accept it, so this relay does not. */
export const CHUNK_ROW_MAX = 1_900_000;
/**
 * A chunk row grows in place to about this many bytes of events, then the next one begins: 20 s of a lively run. More would rewrite much
 * for each second's events; less would make rows to be deleted again, and deletes are billed like writes.
 */
export const CHUNK_ROW_FULL = 128 * 1024;
/** Waiting bytes that force a chunk out (PR3): one row per 64 KiB keeps rows few and a lost tail small. */
export const CHUNK_BYTES = 64 * 1024;
/** Age of the last chunk after which the next batch writes one (PR3). */
export const CHUNK_AGE_MS = 1000;

/** Messages a second that a viewer may send, and its burst. */
export const VIEWER_MESSAGES_PER_SECOND = 20;
export const VIEWER_MESSAGES_BURST = 60;
/** Bytes that one message pays for; a larger one counts as several: reading a frame of 1 MiB is the work of many small ones. */
export const MESSAGE_TOKEN_BYTES = 64 * 1024;
/** Messages that a `refresh` counts as: for each of them the room asks the directory, which all runs share. */
export const REFRESH_TOKENS = 20;
/**
 * Messages a second that an agent may send, and its burst, that are not taken into the log: greetings, pings, what is here already or cannot
 * be read. After a cut it may send again all that was in flight.
 */
export const AGENT_MESSAGES_PER_SECOND = 50;
export const AGENT_MESSAGES_BURST = 500;
/** Agents' sockets of one run: one produces; others are on their way out, or wait in vain. */
export const AGENTS_PER_RUN = 16;
/** Viewers of one run: under the platform's 32,768 sockets an object, and what one object can fan out to. */
export const VIEWERS_PER_RUN = 5000;
/** Upgrades an address may ask for in a minute: a team behind one NAT reconnecting together still passes. */
export const UPGRADES_PER_MINUTE = 600;

/**
 * Runs that a status or a scrape of `/metrics` looks at, the newest. Each may be a question to another object, and the platform's free plan lets
 * a request put 50: these, and two to the directory. It bounds the series of a scrape too.
 */
export const STATUS_RUNS_MAX = 48;

/** A body of JSON: the largest is a command with two prompts, or a token for 64 runs; room enough to refuse a token that is too long as one. */
export const JSON_BODY_MAX = 128 * 1024;

/** Ids of runs, commands, samples: safe in paths, file names and tags. */
export const ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
/** Longest name of an event type in a subscription, and how many one connection may hold: fits a socket's attachment. */
export const EVENT_TYPE_MAX_LENGTH = 64;
export const SUBSCRIPTIONS_MAX = 64;
/** Types of messages whose dropped ones a hook counts: several times what it knows; they are told in one log line. */
export const TYPES_COUNTED_MAX = 64;
/** A producer's life: an opaque string. */
export const LIFE_MAX_LENGTH = 64;
/** A log line; longer ones are cut, and say so. */
export const LOG_LINE_MAX = 8 * 1024;
/**
 * A prompt: of a command in bytes of UTF-8, as the relay tells (`prompt_bytes`); of a sample that a trainer has taken in UTF-16 units, as its
 * hook cuts it. The second holds whatever the first does.
 */
export const PROMPT_MAX = 4 * 1024;
export const NAME_MAX_LENGTH = 200;
export const SERIES_NAME_MAX_LENGTH = 200;
export const SERIES_PER_RUN = 2000;
/** A sample picture, video or sound. */
export const BLOB_MAX = 64 * 1024 * 1024;
/** What a run keeps of these: less than half of the 10 GiB that a bucket has for free, so that one run does not take it all. */
export const BLOBS_PER_RUN_BYTES = 4 * 1024 * 1024 * 1024;
/** A row each in the run's room; a picture every four minutes is that many in two months. */
export const BLOBS_PER_RUN = 20_000;
/**
 * How long the room made for a blob is held while nobody says that it was stored: who was to say so has gone. The largest needs 20 KB a second to
 * come in that time; a slower one is asked for again.
 */
export const BLOB_CLAIM_MS = 3600 * 1000;
/** Such claims that one new claim looks after: the bucket is asked about each. */
export const BLOB_CLAIMS_SETTLED = 20;

/**
 * Events that an agent keeps for a room that it cannot reach (PR4), with what SQLite needs for their rows. A busy run makes 20 to 30 MiB an hour, so
 * this is a night without a network before anything is dropped, and little beside one checkpoint of a model.
 */
export const SPOOL_BYTES_MAX = 256 * 1024 * 1024;
/** Smallest bound that makes sense: what is in flight is never dropped, and is as much as this. */
export const SPOOL_BYTES_MIN = 2 * 1024 * 1024;
/**
 * The steps in which the spool's file grows. A quarter of that stays empty for a full disk: numbers for the window of batches in flight, their
 * deletion, and what is remembered.
 */
export const SPOOL_RESERVE_BYTES = 2 * 1024 * 1024;

/** The replay log of a run: whichever comes first. */
export const LOG_BYTES_MAX = 64 * 1024 * 1024;
export const LOG_AGE_MAX_MS = 7 * 24 * 3600 * 1000;
/** Points a series of `GET …/metrics`: what a wide screen shows, and ten times that for whoever computes with it. */
export const HISTORY_POINTS_DEFAULT = 1000;
export const HISTORY_POINTS_MAX = 10_000;
/**
 * Points of all series together in one answer: 16 MB of JSON at most, beside what a room of 128 MB holds anyway. Where that many are not enough each
 * series gets its share.
 */
export const HISTORY_ANSWER_POINTS = 200_000;
/**
 * Bytes of log, and time, after which its points are sealed as a row of the history. The log is read for what is not sealed, so this is what a
 * curve costs beside its rows: 10 to 20 ms of CPU. At ten steps a second it makes 300 rows a day. Both are far less than the log keeps, so that
 * nothing is trimmed before it is sealed.
 */
export const HISTORY_OPEN_BYTES = 2 * 1024 * 1024;
export const HISTORY_OPEN_MS = 24 * 3600 * 1000;
/** A sealed row, estimated from above: well under the platform's 2 MB. More rows are made of what is sealed at once. */
export const HISTORY_ROW_BYTES = 1024 * 1024;
/** All sealed rows of a run: two months of four series at ten steps a second. Past it the oldest go; a room has 10 GB. */
export const HISTORY_BYTES_MAX = 2 * 1024 * 1024 * 1024;
/** What a viewer without a position is replayed, after its filter: events or bytes, whichever comes first. */
export const REPLAY_EVENTS_MAX = 500;
export const REPLAY_BYTES_MAX = 256 * 1024;
/** How far past `last_offset` a position may lie and still be good: the producer is about to send those events again (VW3). */
export const POSITION_AHEAD_MAX = 10_000;
/** Frames of a replay are cut at about this size, so that a phone shows something before all of it has come. */
export const REPLAY_FRAME_BYTES = 128 * 1024;
/** A viewer whose filter takes out every event still gets an empty batch with its position after this long (VW4). */
export const EMPTY_BATCH_AFTER_MS = 5000;

/** VW6: a batched viewer acknowledges about this often, and gets nothing more past the window. */
export const ACK_EVERY_BYTES = 128 * 1024;
export const VIEWER_WINDOW_BYTES = 1024 * 1024;
/** VW6: a viewer past its window that acknowledges nothing for this long, while there are events, is closed. */
export const VIEWER_ACK_TIMEOUT_MS = 30_000;
/** VW6: a plain viewer cannot acknowledge: its connection is recycled after this much, so that no queue grows past it. */
export const PLAIN_BYTES_MAX = 32 * 1024 * 1024;
/** Keep-alive rhythm suggested to viewers; answered by the platform without waking the room (VW7). */
export const KEEPALIVE_MS = 30_000;

/** EV1: a *latest wins* event goes out at most this often, per type. */
export const THROTTLE_MS = 100;
/** PR5: an idle agent's rhythm, and a live one's. */
export const IDLE_BATCH_MS = 15_000;
export const LIVE_BATCH_MS = 100;
/** PR5: the slowest that a room may ask for: a minute of events is what a crash of the room may have to be sent again. */
export const BATCH_MS_MAX = 60_000;
/** PR5: from this many viewers on the room asks for fewer, larger batches. */
export const CROWD_VIEWERS = 500;
export const CROWD_BATCH_MS = 1000;
/** The agent's link: silence after its socket closed, and silence on an open socket, before the room says that it is offline. */
export const AGENT_GONE_MS = 10_000;
/** Offline must be told at most 60 s after the last word; the alarm needs a moment. */
export const AGENT_SILENT_MS = 55_000;
/** CM1: a command that nothing answered ends after this long. */
export const COMMAND_TTL_MS = 60_000;

/** One line between the hook and the agent: a configuration is the largest. */
export const HOOK_LINE_MAX = 4 * 1024 * 1024;
/**
 * An event as a snapshot carries it, serialised: of a larger one the largest fields are left out there (the log has all of it). Seven
 * kinds and twelve samples of this size beside one event of {@link EVENT_MAX} still fit a row.
 */
export const SNAPSHOT_EVENT_MAX = 32 * 1024;
/** Lives that a room remembers: a producer that wakes up after that many others began anew counts as a new one. */
export const LIVES_KEPT = 1000;
/** Newest samples that a snapshot carries. */
export const SNAPSHOT_SAMPLES = 12;
/** JWTs longer than this are refused unread. */
export const TOKEN_MAX_LENGTH = 8 * 1024;
const DAY_S = 24 * 3600;
/**
 * How long a token may be good for at most, by role, in seconds: one that everybody has forgotten must end by itself, sooner the more it
 * may do. A year is for what looks (a link in a paper) and for machines that nobody visits. One that is good for longer is refused,
 * whoever signed it: so a revocation has to be kept for no longer either.
 */
export const TOKEN_LIFETIME_MAX_S = { viewer: 366 * DAY_S, operator: 90 * DAY_S, agent: 366 * DAY_S, owner: 90 * DAY_S } as const;
/** Ids of tokens: a UUID where this project makes them. */
export const JTI_MAX_LENGTH = 64;
/** Revoked tokens that a relay remembers, in all: 2 MB of rows. Past it the key has to be changed, which revokes all at once. */
export const REVOCATIONS_MAX = 10_000;
/** Tokens that the relay made and lists, until they end: as many as can be revoked. */
export const TOKENS_LISTED_MAX = 10_000;
/**
 * How much of either list those fill together who were given the same part of the runs, with whatever tokens they made for less of it; and
 * how many links to their runs they may have. None of them can fill a list for the others.
 */
export const TOKENS_PER_SCOPE = 1000;
/** Links to one run that are good at the same time: more than anybody can keep in view. */
export const SHARES_PER_RUN = 200;
/** Runs that one agent's token may begin: a training every 20 minutes for two weeks, and no endless list by one that leaked. */
export const RUNS_PER_TOKEN = 1000;
/** Clock difference that is forgiven in `exp` and `nbf`, in seconds. */
export const CLOCK_LEEWAY_S = 30;

import type { Migration } from './migration'

/** Jobs that run elsewhere: places, what they do there, what they cost; and models that only a service has. */
export const cloud: Migration = {
  number: 3,
  name: 'cloud',
  up(connection) {
    connection.exec(places)
    connection.exec(jobs)
    connection.exec(models)
  },
}

// `edited` prices win over `fetched` ones, and those over the table that came with the app, which is not stored.
const places = `
CREATE TABLE connections (
  id TEXT PRIMARY KEY,
  config TEXT NOT NULL,
  last_check TEXT,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;

CREATE TABLE ledger (
  row_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('training', 'answers')),
  job_id TEXT UNIQUE,
  comparison_id TEXT,
  connection_id TEXT NOT NULL,
  connection_name TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL CHECK (place IN ('sagemaker', 'openai')),
  model TEXT NOT NULL,
  quote TEXT,
  bill TEXT,
  at_ms INTEGER NOT NULL,
  UNIQUE (comparison_id, connection_id, model)
) STRICT;

CREATE TABLE prices (
  place TEXT NOT NULL,
  item TEXT NOT NULL,
  region TEXT NOT NULL DEFAULT '',
  unit TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('fetched', 'edited')),
  usd REAL NOT NULL,
  source TEXT NOT NULL,
  as_of TEXT NOT NULL,
  PRIMARY KEY (place, item, region, unit, origin)
) STRICT, WITHOUT ROWID;
`

// A phase is what a run does elsewhere now; usage is what its place counted, for the bill.
const jobs = `
ALTER TABLE training_jobs ADD COLUMN based_on TEXT;
ALTER TABLE training_jobs ADD COLUMN phase TEXT;
ALTER TABLE training_jobs ADD COLUMN usage TEXT;
ALTER TABLE training_jobs ADD COLUMN connection_id TEXT;
ALTER TABLE training_jobs ADD COLUMN remote_id TEXT;
CREATE INDEX training_jobs_remote ON training_jobs (connection_id, remote_id) WHERE remote_id IS NOT NULL;
ALTER TABLE generations ADD COLUMN prompt_tokens INTEGER;
`

// SQLite can't change a CHECK, so both tables are written anew. Nothing refers to them by a foreign key.
const models = `
CREATE TABLE base_models_new (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('demo', 'folder', 'hub', 'remote')),
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  parameters INTEGER,
  architecture TEXT,
  context_length INTEGER,
  has_chat_template INTEGER NOT NULL CHECK (has_chat_template IN (0, 1)),
  end_of_turn TEXT,
  license TEXT,
  hub_id TEXT,
  remote TEXT,
  problem TEXT,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;
INSERT INTO base_models_new SELECT id, name, kind, path, size_bytes, parameters, architecture, context_length, has_chat_template, end_of_turn, license, hub_id, NULL, problem, created_at_ms, deleted_at_ms FROM base_models;
DROP TABLE base_models;
ALTER TABLE base_models_new RENAME TO base_models;

CREATE TABLE fine_tuned_models_new (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('adapter', 'full', 'remote-tuned')),
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  parameters INTEGER,
  architecture TEXT,
  context_length INTEGER,
  has_chat_template INTEGER NOT NULL CHECK (has_chat_template IN (0, 1)),
  end_of_turn TEXT,
  license TEXT,
  hub_id TEXT,
  remote TEXT,
  base_model_id TEXT,
  job_id TEXT,
  method TEXT,
  backend TEXT,
  checkpoint_step INTEGER,
  version INTEGER NOT NULL,
  environment_id TEXT,
  best_validation_loss REAL,
  win_rate REAL,
  tokens_per_second REAL,
  latency_ms REAL,
  problem TEXT,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;
INSERT INTO fine_tuned_models_new SELECT id, name, kind, path, size_bytes, parameters, architecture, context_length, has_chat_template, end_of_turn, license, hub_id, NULL,
  base_model_id, job_id, method, backend, checkpoint_step, version, environment_id, best_validation_loss, win_rate, tokens_per_second, latency_ms, problem, created_at_ms, deleted_at_ms FROM fine_tuned_models;
DROP TABLE fine_tuned_models;
ALTER TABLE fine_tuned_models_new RENAME TO fine_tuned_models;
CREATE INDEX fine_tuned_models_job ON fine_tuned_models (job_id);
`

import type { Migration } from './migration'

/** Times are Unix milliseconds (`*_at_ms`, `t_ms`); a row with `deleted_at_ms` can be brought back until it is purged. */
export const first: Migration = {
  number: 1,
  name: 'first',
  up(connection) {
    connection.exec(jobs)
    connection.exec(series)
    connection.exec(library)
    connection.exec(comparisons)
  },
}

// Progress columns are derived from the run's events and written in the transaction that moves `event_cursor`.
const jobs = `
CREATE TABLE training_jobs (
  row_id INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft','queued','preparing','running','pausing','paused','cancelling','succeeded','failed','cancelled','interrupted')),
  backend TEXT NOT NULL,
  base_model_id TEXT NOT NULL,
  base_model TEXT NOT NULL,
  dataset_id TEXT NOT NULL,
  dataset TEXT NOT NULL,
  request TEXT NOT NULL,
  config TEXT,
  device TEXT,
  handle TEXT,
  run_folder TEXT,
  environment_id TEXT,
  colour INTEGER NOT NULL CHECK (colour BETWEEN 1 AND 8),
  dashed INTEGER NOT NULL CHECK (dashed IN (0, 1)),
  tags TEXT NOT NULL DEFAULT '[]',
  note TEXT NOT NULL DEFAULT '',
  queue_place INTEGER,
  waiting_for TEXT,
  resumed_from TEXT,
  resume_path TEXT,
  resume_step INTEGER,
  retry_of TEXT,
  run_end TEXT,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  finished_at_ms INTEGER,
  deleted_at_ms INTEGER,
  event_cursor TEXT,
  last_seq INTEGER NOT NULL DEFAULT -1,
  stage TEXT,
  current_step INTEGER NOT NULL DEFAULT 0,
  total_steps INTEGER,
  current_epoch REAL NOT NULL DEFAULT 0,
  total_epochs REAL,
  eta_seconds REAL,
  training_loss REAL,
  validation_loss REAL,
  best_validation_loss REAL,
  best_step INTEGER,
  learning_rate REAL,
  tokens_per_second REAL,
  samples_per_second REAL,
  pid INTEGER,
  versions TEXT NOT NULL DEFAULT '{}',
  trainable_parameters INTEGER,
  total_parameters INTEGER,
  train_rows INTEGER,
  eval_rows INTEGER,
  trained_tokens INTEGER,
  total_tokens INTEGER,
  peak_gpu_memory_bytes REAL
) STRICT;
CREATE INDEX training_jobs_queue ON training_jobs (queue_place) WHERE state = 'queued';

CREATE TABLE checkpoints (
  job INTEGER NOT NULL REFERENCES training_jobs (row_id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,
  validation_loss REAL,
  best INTEGER NOT NULL CHECK (best IN (0, 1)),
  size_bytes INTEGER,
  present INTEGER NOT NULL DEFAULT 1 CHECK (present IN (0, 1)),
  t_ms INTEGER NOT NULL,
  PRIMARY KEY (job, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_events (
  job INTEGER NOT NULL REFERENCES training_jobs (row_id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  t_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
`

// One column per name in shared/training-event.ts metricNames, in that order; bit i of nonfinite belongs to name i.
const series = `
CREATE TABLE metric_points (
  job INTEGER NOT NULL REFERENCES training_jobs (row_id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  step INTEGER NOT NULL,
  epoch REAL NOT NULL,
  t_ms INTEGER NOT NULL,
  loss REAL,
  eval_loss REAL,
  learning_rate REAL,
  grad_norm REAL,
  tokens_per_second REAL,
  samples_per_second REAL,
  num_tokens REAL,
  mean_token_accuracy REAL,
  nonfinite INTEGER NOT NULL,
  gpu_memory_bytes REAL,
  PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_points_evaluations ON metric_points (job, seq) WHERE eval_loss IS NOT NULL OR nonfinite & 2;

CREATE TABLE metric_rollups (
  job INTEGER NOT NULL REFERENCES training_jobs (row_id) ON DELETE CASCADE,
  metric INTEGER NOT NULL,
  bucket_rows INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  first_step INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  last_epoch REAL NOT NULL,
  last_t_ms INTEGER NOT NULL,
  min_step INTEGER,
  min REAL,
  max_step INTEGER,
  max REAL,
  last REAL,
  nonfinite_step INTEGER,
  PRIMARY KEY (job, metric, bucket_rows, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE hardware_samples (
  job INTEGER NOT NULL REFERENCES training_jobs (row_id) ON DELETE CASCADE,
  t_ms INTEGER NOT NULL,
  cpu_percent REAL,
  memory_used_bytes REAL NOT NULL,
  memory_total_bytes REAL NOT NULL,
  gpus TEXT NOT NULL,
  PRIMARY KEY (job, t_ms)
) STRICT, WITHOUT ROWID;
`

const library = `
CREATE TABLE base_models (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('demo', 'folder', 'hub')),
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  parameters INTEGER,
  architecture TEXT,
  context_length INTEGER,
  has_chat_template INTEGER NOT NULL CHECK (has_chat_template IN (0, 1)),
  end_of_turn TEXT,
  license TEXT,
  hub_id TEXT,
  problem TEXT,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;

CREATE TABLE fine_tuned_models (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('adapter', 'full')),
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  parameters INTEGER,
  architecture TEXT,
  context_length INTEGER,
  has_chat_template INTEGER NOT NULL CHECK (has_chat_template IN (0, 1)),
  end_of_turn TEXT,
  license TEXT,
  hub_id TEXT,
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
CREATE INDEX fine_tuned_models_job ON fine_tuned_models (job_id);

CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('sample', 'file')),
  format TEXT NOT NULL,
  source_path TEXT NOT NULL,
  folder TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  train_rows INTEGER NOT NULL,
  eval_rows INTEGER NOT NULL,
  held_out_rows INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  report TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;

CREATE TABLE token_checks (
  key TEXT PRIMARY KEY,
  result TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  profile TEXT NOT NULL,
  state TEXT NOT NULL,
  path TEXT NOT NULL,
  python_path TEXT,
  python_version TEXT,
  installer TEXT,
  steps TEXT NOT NULL,
  packages TEXT NOT NULL,
  size_bytes INTEGER,
  problem TEXT,
  created_at_ms INTEGER NOT NULL,
  verified_at_ms INTEGER
) STRICT;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`

const comparisons = `
CREATE TABLE comparisons (
  row_id INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  model_ids TEXT NOT NULL,
  dataset_id TEXT,
  prompt_set_name TEXT NOT NULL,
  prompts TEXT NOT NULL,
  prompt_count INTEGER NOT NULL,
  sampling TEXT NOT NULL,
  precision TEXT NOT NULL,
  device TEXT NOT NULL,
  total_answers INTEGER NOT NULL,
  reused_answers INTEGER NOT NULL DEFAULT 0,
  waiting_for TEXT,
  error TEXT,
  scores TEXT NOT NULL DEFAULT '[]',
  leaked_prompts INTEGER,
  created_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER,
  deleted_at_ms INTEGER
) STRICT;

CREATE TABLE generations (
  key TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  first_token_ms REAL NOT NULL,
  total_ms REAL NOT NULL,
  stopped TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE reference_scores (
  key TEXT PRIMARY KEY,
  nll REAL NOT NULL,
  tokens INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE comparison_answers (
  comparison INTEGER NOT NULL REFERENCES comparisons (row_id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  prompt INTEGER NOT NULL,
  generation_key TEXT NOT NULL REFERENCES generations (key),
  is_right INTEGER CHECK (is_right IN (0, 1)),
  reference_nll REAL,
  reference_tokens INTEGER,
  PRIMARY KEY (comparison, model_id, prompt)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_comparisons (
  comparison INTEGER NOT NULL REFERENCES comparisons (row_id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  base_model_id TEXT NOT NULL,
  fine_tuned_model_id TEXT NOT NULL,
  base_wins INTEGER NOT NULL,
  fine_tuned_wins INTEGER NOT NULL,
  ties INTEGER NOT NULL,
  p_value REAL NOT NULL,
  difference_points REAL NOT NULL,
  difference_low REAL NOT NULL,
  difference_high REAL NOT NULL,
  verdict TEXT NOT NULL,
  PRIMARY KEY (comparison, place)
) STRICT, WITHOUT ROWID;
`

import { createCheckpointsStore, type CheckpointsStore } from './checkpoints-store'
import { createComparisonsStore, type ComparisonsStore } from './comparisons-store'
import { createConnectionsStore, type ConnectionsStore } from './connections-store'
import type { Connection } from './database'
import { createDatasetsStore, type DatasetsStore } from './datasets-store'
import { createEnvironmentsStore, type EnvironmentsStore } from './environments-store'
import { createEventsStore, type EventsStore } from './events-store'
import { createHardwareStore, type HardwareStore } from './hardware-store'
import { createIngestor, type Ingestor } from './ingest'
import { createJobsStore, type JobsStore } from './jobs-store'
import { createLedgerStore, type LedgerStore } from './ledger-store'
import { createMetricsStore, type MetricsStore } from './metrics-store'
import { createModelsStore, type ModelsStore } from './models-store'
import { createPricesStore, type PricesStore } from './prices-store'
import { createSettingsStore, type SettingsStore } from './settings-store'

/** Every store over one connection. */
export interface Stores {
  readonly jobs: JobsStore
  readonly checkpoints: CheckpointsStore
  readonly ingestor: Ingestor
  readonly metrics: MetricsStore
  readonly events: EventsStore
  readonly hardware: HardwareStore
  readonly models: ModelsStore
  readonly datasets: DatasetsStore
  readonly environments: EnvironmentsStore
  readonly comparisons: ComparisonsStore
  readonly settings: SettingsStore
  readonly connections: ConnectionsStore
  readonly ledger: LedgerStore
  readonly prices: PricesStore
}

export function createStores(connection: Connection): Stores {
  const metrics = createMetricsStore(connection)
  const events = createEventsStore(connection)
  return {
    jobs: createJobsStore(connection, metrics, events),
    checkpoints: createCheckpointsStore(connection),
    ingestor: createIngestor(connection),
    metrics,
    events,
    hardware: createHardwareStore(connection),
    models: createModelsStore(connection),
    datasets: createDatasetsStore(connection),
    environments: createEnvironmentsStore(connection),
    comparisons: createComparisonsStore(connection),
    settings: createSettingsStore(connection),
    connections: createConnectionsStore(connection),
    ledger: createLedgerStore(connection),
    prices: createPricesStore(connection),
  }
}

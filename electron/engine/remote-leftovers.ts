import type { RemoteLeftovers } from '../shared/cloud'
import type { ConnectionId, JobId } from '../shared/ids'
import { deleteFiles, deleteModels, listLeftovers } from '../remote/openai/leftovers'
import type { Connections } from '../remote/connection'
import type { Stores } from '../storage/stores'

export interface LeftoversDeps {
  readonly stores: Pick<Stores, 'jobs' | 'models'>
  readonly connections: Pick<Connections, 'openai'>
  readonly now: () => number
  readonly onModelsChanged: () => void
}

/** What a job has left at a service that speaks the OpenAI protocol, and its removal there. SageMaker keeps what is ours in the user's own bucket. */
export function createLeftovers({ stores, connections, now, onModelsChanged }: LeftoversDeps) {
  const serviceOf = (jobId: JobId): { readonly connectionId: ConnectionId; readonly remoteId: string | null } | null => {
    const { request, remoteId } = stores.jobs.record(jobId)
    return request.cloud?.kind === 'openai' ? { connectionId: request.cloud.connectionId, remoteId } : null
  }
  return {
    async list(jobId: JobId): Promise<RemoteLeftovers> {
      const service = serviceOf(jobId)
      if (service === null) return { jobId, files: [], models: [] }
      const left = await listLeftovers(await connections.openai(service.connectionId), jobId, service.remoteId)
      return { ...left, models: left.models.map(({ name }) => ({ name, modelId: stores.models.byRemoteName(service.connectionId, name)?.id ?? null })) }
    },

    /** Deletes them there; a model that is gone there goes from the list here too. */
    async remove(jobId: JobId, files: readonly string[], models: readonly string[]): Promise<void> {
      const service = serviceOf(jobId)
      if (service === null) return
      // Only what this job left: the window names ids, and does not choose what may go.
      const left = await this.list(jobId)
      const open = await connections.openai(service.connectionId)
      await deleteFiles(open, files.filter((id) => left.files.some((file) => file.id === id)))
      for (const name of models.filter((wanted) => left.models.some((model) => model.name === wanted))) {
        await deleteModels(open, [name])
        const known = stores.models.byRemoteName(service.connectionId, name)
        if (known !== null) stores.models.remove(known.id, now())
      }
      onModelsChanged()
    },
  }
}

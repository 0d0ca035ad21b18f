import type { RemoteLeftovers } from '../../shared/cloud'
import type { JobId } from '../../shared/ids'
import type { OpenOpenai } from '../connection'
import { ask } from './client'
import { deleteFile, findFiles } from './files'
import { isMissing, listCheckpoints, retrieveJob } from './jobs'

/** Names of the files that a job of ours sends begin so. */
export const fileNameOf = (jobId: JobId): string => `tunesmith-${jobId}-`

/** What a job has left at its service: what we sent, what came of it, and its models. `modelId` is for the caller to fill in. */
export async function listLeftovers(open: OpenOpenai, jobId: JobId, remoteId: string | null, signal?: AbortSignal): Promise<RemoteLeftovers> {
  const sent = await findFiles(open, (name) => name.startsWith(fileNameOf(jobId)), signal)
  const files = new Map(sent.map(({ id, purpose }) => [id, { id, purpose: purpose ?? 'fine-tune' }]))
  if (remoteId === null) return { jobId, files: [...files.values()], models: [] }
  const models = new Set<string>()
  try {
    const job = await retrieveJob(open, remoteId, signal)
    const present = new Set((await findFiles(open, () => true, signal)).map(({ id }) => id))
    for (const id of job.result_files) if (present.has(id)) files.set(id, { id, purpose: 'fine-tune-results' })
    const made = [...(job.fine_tuned_model === null ? [] : [job.fine_tuned_model]), ...(await listCheckpoints(open, remoteId, signal)).map(({ name }) => name)]
    for (const name of made) if (await modelExists(open, name, signal)) models.add(name)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return { jobId, files: [...files.values()], models: [...models].map((name) => ({ name, modelId: null })) }
}

async function modelExists(open: OpenOpenai, name: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await ask(open, 'looking at a model', async (client, call) => client.models.retrieve(name, call), signal === undefined ? {} : { signal })
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

export async function deleteFiles(open: OpenOpenai, ids: readonly string[]): Promise<void> {
  for (const id of ids) await deleteFile(open, id)
}

/** Deletes tuned models; those that are gone already are fine. Asks once for each: the gateway repeats what may be repeated. */
export async function deleteModels(open: OpenOpenai, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await ask(open, 'deleting a model', async (client, call) => void (await client.models.delete(name, call)))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
}

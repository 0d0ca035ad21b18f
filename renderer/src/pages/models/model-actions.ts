import type { ModelSummary } from '../../../../electron/shared/model'
import { request } from '../../bridge'
import { go } from '../../router'
import { attempt } from '../../stores/attempt'
import { ask, toast } from '../../stores/ui'
import { bytes } from '../../text/format'

/** Takes a model off the list, with or without its files; says beforehand what can be undone. */
export async function removeModel(model: ModelSummary): Promise<void> {
  const ours = model.kind !== 'folder' && model.remote === null
  const answer = await ask({
    title: `Delete ${model.name}?`,
    body: ours
      ? `Remove it from the list only, or delete its files as well and free ${bytes(model.sizeBytes)}. Deleting the files of a downloaded model cannot be undone.`
      : model.remote !== null
        ? 'It leaves the list. Nothing is deleted at the service; the page of its run can do that.'
        : `It leaves the list. Its folder, ${model.path}, is yours and stays as it is.`,
    confirm: ours ? 'Remove from list' : 'Remove',
    other: ours ? 'Delete files' : null,
    danger: true,
  })
  if (answer === 'keep') return
  const removed = await attempt(() => request('models.remove', { modelId: model.id, deleteFiles: answer === 'other' }))
  if (removed === null) return
  go({ page: 'models', id: null })
  toast({
    title: answer === 'other' ? 'Model deleted' : 'Model removed',
    detail: removed.undoable ? model.name : `${model.name}. This cannot be undone.`,
    ...(removed.undoable ? { action: { label: 'Undo', run: () => void attempt(() => request('models.restore', { modelId: model.id })) } } : {}),
  })
}

/** Adds a folder that the user picks. True when it was added. */
export async function addModelFolder(): Promise<boolean> {
  const answer = await attempt(async () => {
    const picked = await request('files.pick', { purpose: 'model-folder' })
    return picked === null ? null : request('models.addFolder', { token: picked.token })
  })
  if (answer === null) return false
  if ('problem' in answer) {
    toast({ title: 'This folder is not a model that can be used', detail: answer.problem, tone: 'bad' })
    return false
  }
  toast({ title: 'Model added', tone: 'good' })
  go({ page: 'models', id: answer.modelId })
  return true
}

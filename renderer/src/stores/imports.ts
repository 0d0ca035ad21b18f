import { create } from 'zustand'
import type { DatasetReport, DatasetSummary, ImportProgress } from '../../../electron/shared/dataset'
import type { PickedFile } from '../../../electron/shared/requests'
import { dropFile, on, request } from '../bridge'
import { go } from '../router'
import { counted } from '../text/format'
import { attempt } from './attempt'
import { useDraft } from './draft'
import { toast } from './ui'

/** One import at a time: where it stands, and the last file that was refused with its report. */
interface Imports {
  readonly file: string | null
  readonly progress: ImportProgress | null
  readonly refused: { readonly name: string; readonly report: DatasetReport } | null
}
export const useImports = create<Imports>(() => ({ file: null, progress: null, refused: null }))

export const dismissRefused = (): void => {
  useImports.setState({ refused: null })
}

/** Imports a picked file, and an evaluation file with it when given. Null when it was refused, cancelled or failed. */
export async function importPicked(file: PickedFile, evaluation: PickedFile | null = null): Promise<DatasetSummary | null> {
  if (useImports.getState().file !== null) {
    toast({ title: `${useImports.getState().file ?? 'A file'} is still being read`, detail: 'Next: wait for it or cancel it on the Datasets page.', tone: 'warn' })
    return null
  }
  useImports.setState({ file: file.name, progress: null, refused: null })
  const stopListening = on('import.progress', (progress) => { useImports.setState({ progress }) })
  try {
    const result = await attempt(() => request('datasets.import', { token: file.token, evaluation: evaluation?.token ?? null }))
    if (result === null) return null
    if (result.kind === 'refused') {
      useImports.setState({ refused: { name: result.name, report: result.report } })
      go({ page: 'datasets', id: null })
      return null
    }
    const { dataset } = result
    toast({
      title: `${dataset.name} imported`,
      detail: `${counted(dataset.trainRows, 'row')} to train on, ${counted(dataset.evalRows, 'row')} to measure with.`,
      tone: 'good',
      action: { label: 'Open', run: () => { go({ page: 'datasets', id: dataset.id }) } },
    })
    useDraft.getState().choose({ datasetId: dataset.id })
    return dataset
  } finally {
    stopListening()
    useImports.setState({ file: null, progress: null })
  }
}

/** Lets the user pick a file and imports it. */
export async function pickAndImport(): Promise<DatasetSummary | null> {
  const picked = await attempt(() => request('files.pick', { purpose: 'dataset' }))
  return picked === null ? null : importPicked(picked)
}

/** Imports the first of the files that were dropped on the window. */
export async function importDropped(files: readonly File[]): Promise<void> {
  const [first] = files
  if (first === undefined) return
  if (!/\.(jsonl|json|ndjson)$/i.test(first.name)) {
    toast({ title: `${first.name} is not a JSONL or JSON file`, detail: 'Next: drop a file that ends in .jsonl or .json.', tone: 'warn' })
    return
  }
  const picked = await attempt(() => dropFile(first))
  if (picked !== null) await importPicked(picked)
}

import { Database, FileDown, FolderOpen, Layers, Play, Plus } from 'lucide-react'
import { CircleDot } from 'lucide-react'
import type { PaletteGroup } from '../components/command-palette'
import { go } from '../router'
import { pickAndImport } from '../stores/imports'
import { useDatasets, useJobs, useModels } from '../stores/lists'
import { formatWords, methodOf, modelKindWords, stateWords } from '../text/job-words'
import { runCommand } from './commands'
import { openRunFolder } from './job-actions'
import { places } from './places'
import { keysOf } from './shortcuts'

/** Newest things are looked for most; older ones are found on their page. */
const most = 200

/** Everything that the palette can find, as it is now. */
export function paletteGroups(): readonly PaletteGroup[] {
  const [jobs, models, datasets] = [useJobs.getState().items, useModels.getState().items, useDatasets.getState().items]
  return [
    { title: 'Pages', items: places.map((place) => ({ id: place.command, label: place.label, icon: place.icon, keys: keysOf(place.command), run: () => { go(place.route) } })) },
    {
      title: 'Actions',
      items: [
        { id: 'act-train', label: 'New run', icon: Plus, run: () => { go({ page: 'train' }) } },
        { id: 'act-primary', label: 'Main action of this page', icon: Play, keys: keysOf('primary'), run: () => { runCommand('primary') } },
        { id: 'act-import', label: 'Import a dataset', icon: FileDown, run: () => void pickAndImport() },
        { id: 'act-model', label: 'Add a base model', icon: Plus, run: () => { runCommand('add-model') } },
        { id: 'act-folder', label: 'Open a run folder', icon: FolderOpen, run: () => void openRunFolder() },
      ],
    },
    { title: 'Runs', items: jobs.slice(0, most).map((job) => ({ id: job.id, label: job.name, detail: `${stateWords[job.state].word} · ${methodOf(job)}`, icon: CircleDot, run: () => { go({ page: 'run', id: job.id }) } })) },
    { title: 'Models', items: models.slice(0, most).map((model) => ({ id: model.id, label: model.name, detail: modelKindWords[model.kind], icon: Layers, run: () => { go({ page: 'models', id: model.id }) } })) },
    { title: 'Datasets', items: datasets.slice(0, most).map((dataset) => ({ id: dataset.id, label: dataset.name, detail: formatWords[dataset.format], icon: Database, run: () => { go({ page: 'datasets', id: dataset.id }) } })) },
  ]
}

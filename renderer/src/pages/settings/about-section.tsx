import { Bug, Download, ExternalLink, FileArchive } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { AboutInfo } from '../../../../electron/shared/settings'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { KeyValue, Panel, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { counted } from '../../text/format'

type License = AboutInfo['licenses'][number]

const open = (link: 'releases' | 'documentation' | 'issues'): void => void attempt(() => request('app.openLink', { link }))

const saveDiagnostics = (): void =>
  void attempt(() => request('app.diagnostics')).then((saved) => {
    if (saved !== null) toast({ title: 'Diagnostics saved', detail: `${saved.path}. It holds logs and versions, no tokens and no data.`, tone: 'good' })
  })

export function AboutSection() {
  const [about, setAbout] = useState<AboutInfo | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    request('app.about').then(setAbout, setError)
  }, [])
  if (error !== null) return <ErrorNotice error={error} />
  if (about === null) return <Skeleton rows={6} label="Reading the versions" />
  return (
    <>
      <Panel title={`Tunesmith ${about.version}`}>
        <div className="stack">
          <p className="second">Fine-tunes language models on your own machine. It sends nothing anywhere; a link opens your browser.</p>
          <KeyValue
            rows={[
              ['Electron', `${about.electron}, Chromium ${about.chromium}`],
              ['Node', about.node],
              ['SQLite', about.sqlite],
              ['System', about.platform],
              ['Data folder', about.dataFolder],
            ]}
          />
          <div className="row row-wrap">
            <Button icon={FileArchive} onPress={saveDiagnostics}>Save diagnostics</Button>
            <Button icon={Download} onPress={() => { open('releases') }}>Releases</Button>
            <Button icon={ExternalLink} onPress={() => { open('documentation') }}>Documentation</Button>
            <Button icon={Bug} onPress={() => { open('issues') }}>Report a problem</Button>
          </div>
        </div>
      </Panel>
      <Panel title="Licences" flush end={counted(about.licenses.length, 'library', 'libraries')}>
        <DataTable label="Licences" columns={columns} groups={[{ id: 'all', title: null, items: about.licenses }]} idOf={(one) => `${one.name}@${one.version}`} nameOf={(one) => one.name} />
      </Panel>
    </>
  )
}

const columns: readonly Column<License>[] = [
  { id: 'name', head: 'Library', cell: (one) => one.name },
  { id: 'version', head: 'Version', width: '30%', cell: (one) => <span className="second">{one.version}</span> },
  { id: 'license', head: 'Licence', width: '30%', cell: (one) => <span className="second">{one.license}</span> },
]

import { useEffect, useState } from 'react'
import type { JobRequest } from '../../../../electron/shared/job-spec'
import { request } from '../../bridge'
import { copyText } from '../../clipboard'
import { Segmented } from '../../components/choices'
import { CodeText } from '../../components/code-text'
import { Dialog } from '../../components/dialog'
import { Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'

/** The script and the spec that Start would write, to read and copy. */
export function ScriptDialog({ job, onClose }: { readonly job: JobRequest; onClose(): void }) {
  const [file, setFile] = useState<'script' | 'spec'>('script')
  const [texts, setTexts] = useState<{ readonly script: string; readonly spec: string } | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    let shown = true
    request('jobs.scriptPreview', job).then(
      (answer) => { if (shown) setTexts(answer) },
      (reason: unknown) => { if (shown) setError(reason) },
    )
    return () => { shown = false }
  }, [job])
  const copy = (text: string): void => {
    void attempt(() => copyText(text)).then(() => { toast({ title: 'Copied' }) })
  }
  return (
    <Dialog title="What Start would write" wide onClose={onClose}>
      <div className="row row-between">
        <p className="small">Complete and readable. In its run folder it also runs by hand: <code>python train.py</code></p>
        <Segmented<'script' | 'spec'> label="File" value={file} options={[{ value: 'script', label: 'train.py' }, { value: 'spec', label: 'job.json' }]} onChange={setFile} />
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {texts === null ? error === null && <Skeleton rows={10} label="Writing the script" /> : <CodeText label={file === 'script' ? 'train.py' : 'job.json'} text={texts[file]} onCopy={copy} />}
    </Dialog>
  )
}

import type { DownloadState } from '../../../../electron/shared/model'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Notice } from '../../components/notice'
import { Progress } from '../../components/progress'
import { attempt } from '../../stores/attempt'
import { useDownloads } from '../../stores/lists'
import { bytes, roughDuration } from '../../text/format'

/** Downloads that run or stopped half-way; done ones are models in the list below. */
export function Downloads() {
  const downloads = useDownloads((state) => state.items).filter((one) => one.state !== 'done')
  if (downloads.length === 0) return null
  return (
    <ul className="downloads" aria-label="Downloads">
      {downloads.map((download) => (
        <li key={download.id}>
          <Download download={download} />
        </li>
      ))}
    </ul>
  )
}

function Download({ download }: { readonly download: DownloadState }) {
  const { id, hubId, state, doneBytes, totalBytes, bytesPerSecond, file, error } = download
  if (state === 'failed' || state === 'cancelled') {
    const actions = (
      <>
        <Button size="small" onPress={() => void attempt(() => request('hub.resume', { downloadId: id }))}>Resume</Button>
        <Button size="small" look="quiet" onPress={() => void attempt(() => request('hub.dismiss', { downloadId: id }))}>Dismiss</Button>
      </>
    )
    return (
      <Notice tone={state === 'failed' ? 'bad' : 'plain'} title={state === 'failed' ? `${hubId} was not downloaded.` : `${hubId} is paused.`} actions={actions}>
        {error?.message} <span className="next">{bytes(doneBytes)} of {bytes(totalBytes)} are kept.</span>
      </Notice>
    )
  }
  const left = bytesPerSecond === null || bytesPerSecond <= 0 ? null : (totalBytes - doneBytes) / bytesPerSecond
  return (
    <div className="download">
      <div className="row row-between">
        <b className="cut medium">{hubId}</b>
        <span className="second">{bytes(doneBytes)} of {bytes(totalBytes)}</span>
        <Button size="small" onPress={() => void attempt(() => request('hub.cancel', { downloadId: id }))}>
          Cancel
        </Button>
      </div>
      <Progress label={`Downloading ${hubId}`} ratio={totalBytes === 0 ? null : doneBytes / totalBytes} />
      <div className="row row-between quiet micro">
        <span className="cut">{file}</span>
        <span>{bytesPerSecond === null ? '' : `${bytes(bytesPerSecond)}/s`}{left === null ? '' : ` · about ${roughDuration(left)} left`}</span>
      </div>
    </div>
  )
}

import { Check, ChevronLeft, ChevronRight, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { TokenPiece } from '../../../../electron/shared/dataset'
import { Button } from '../../components/button'
import { Select } from '../../components/choices'
import { ErrorNotice, Notice } from '../../components/notice'
import { Spinner } from '../../components/progress'
import { hrefOf } from '../../router'
import { counted, percent } from '../../text/format'
import { trainedOf } from './row-tokens'
import type { SampleCheck } from './use-sample-check'

interface TokenViewProps extends SampleCheck {
  /** The sample that is the chosen row, from 0; null where the check kept none of it. */
  readonly rowSample: number | null
}

/** Real rows after the model's own template and tokenizer: what is trained, what is only read. */
export function TokenView({ models, modelId, ready, state, rowSample, chooseModel, again }: TokenViewProps) {
  const [sample, setSample] = useState(rowSample ?? 0)
  const check = state?.kind === 'done' ? state.check : null
  const pieces = check?.samples[sample] ?? check?.samples[0]
  return (
    <>
      <div className="token-bar">
        <span className="token-legend"><i className="token token-trained" />trained</span>
        <span className="token-legend"><i className="token" />context only</span>
        <span className="token-legend"><i className="token token-special" />special</span>
        <div className="token-model">
          <Select label="Template of" hideLabel value={modelId} options={models.map((model) => ({ value: model.id, label: `${model.name} template` }))} onChange={chooseModel} />
        </div>
      </div>
      <div className="pane-scroll token-scroll" tabIndex={0} role="region" aria-label="Tokens of a sample row">
        {!ready && (
          <Notice tone="info" title="No environment is ready.">
            The view uses the model's own tokenizer in Python. <a href={hrefOf({ page: 'settings', section: 'environments' })}>Set one up</a>
          </Notice>
        )}
        {state?.kind === 'checking' && (
          <p className="row second"><Spinner />Reading the data with the model's own tokenizer</p>
        )}
        {state?.kind === 'failed' && <ErrorNotice error={state.error} actions={<Button size="small" onPress={again}>Try again</Button>} />}
        {check !== null && check.problem !== null && <Notice tone="bad">{check.problem.message}</Notice>}
        {pieces !== undefined && rowSample === null && <p className="help tokens-other">The check keeps the first few training rows as tokens, not the chosen one. This is one of them.</p>}
        {pieces !== undefined && <Pieces pieces={pieces} />}
      </div>
      {check !== null && pieces !== undefined && (
        <div className="token-foot">
          <span>
            {counted(pieces.length, 'token')}, <b>{trainedOf(pieces)} trained</b> ({percent(trainedOf(pieces) / Math.max(1, pieces.length))})
          </span>
          {check.endOfTurnTrained ? <span className="row ink-good"><Check aria-hidden="true" />ends trained</span> : <span className="row ink-warn"><TriangleAlert aria-hidden="true" />ends not trained</span>}
          <span className="pane-end">
            {sample + 1} of {check.samples.length}
            <Button look="quiet" size="small" icon={ChevronLeft} label="Previous sample" disabled={sample === 0} onPress={() => { setSample(sample - 1) }} />
            <Button look="quiet" size="small" icon={ChevronRight} label="Next sample" disabled={sample >= check.samples.length - 1} onPress={() => { setSample(sample + 1) }} />
          </span>
        </div>
      )}
    </>
  )
}

function Pieces({ pieces }: { readonly pieces: readonly TokenPiece[] }) {
  return (
    <p className="tokens">
      {pieces.map((piece, index) => (
        <i key={index} className={`token${piece.trained ? ' token-trained' : ''}${piece.special ? ' token-special' : ''}`}>
          {visible(piece.text)}
        </i>
      ))}
    </p>
  )
}

/** Line ends are shown and kept. */
const visible = (text: string): string => text.replaceAll('\n', '↵\n')
